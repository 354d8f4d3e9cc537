/** What the field disagrees about when answers are compared; a policy decides each by name. */
export type Settings = {
  percent: 'number' | 'fraction';
  fractions: 'any' | 'reduced';
  pairs: 'point' | 'interval';
  lists: 'any-order' | 'same-order';
  units: 'optional' | 'required' | 'ignored';
  assignments: 'value' | 'equation';
  separators: 'english' | 'european';
  letters: 'any-case' | 'same-case';
  digits: number;
};

/** The name of a setting. */
export type SettingName = keyof Settings;

/** A setting as people read it: its values, or the range of an integer, and what they mean. */
export type SettingDescription = {
  description: string;
  default: string | number;
  values?: readonly string[];
  minimum?: number;
  maximum?: number;
};

/** Every setting with its default; a policy may have another default of its own. */
export const SETTINGS: Readonly<Record<SettingName, SettingDescription>> = {
  percent: {
    description:
      'What `10%` is: the number 10, its sign a unit that may be missing, or the fraction 0.1',
    default: 'number',
    values: ['number', 'fraction'],
  },
  fractions: {
    description: 'Whether `2/4` equals `1/2`, or an answer that is a fraction must be reduced',
    default: 'any',
    values: ['any', 'reduced'],
  },
  pairs: {
    description:
      'What `(1,2)` is where it may be either: a point, or the open interval between 1 and 2',
    default: 'point',
    values: ['point', 'interval'],
  },
  lists: {
    description:
      'Whether `1, 2` equals `2, 1`; the order of a point, a vector or a tuple in brackets always matters',
    default: 'any-order',
    values: ['any-order', 'same-order'],
  },
  units: {
    description:
      'Whether `5` equals `5 cm`: a unit may be missing on one side, must be on both, or is never looked at; two units are converted, so `100 cm` equals `1 m`',
    default: 'optional',
    values: ['optional', 'required', 'ignored'],
  },
  assignments: {
    description: 'Whether `x = 3` equals `3`, or is an equation that only equations equal',
    default: 'value',
    values: ['value', 'equation'],
  },
  separators: {
    description:
      'How `1,234` and `1.234` are read: English, 1234 and 1.234, or European, 1.234 and 1234',
    default: 'english',
    values: ['english', 'european'],
  },
  letters: {
    description: 'Whether words are compared without case; variables of mathematics always keep it',
    default: 'any-case',
    values: ['any-case', 'same-case'],
  },
  digits: {
    description:
      'Significant digits to which both numbers are rounded, a half away from zero, before they must be the same; 0: they are not rounded',
    default: 0,
    minimum: 0,
    maximum: 15,
  },
};

/** The defaults of all settings. */
export const DEFAULT_SETTINGS = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, setting]) => [name, setting.default]),
) as Settings;
