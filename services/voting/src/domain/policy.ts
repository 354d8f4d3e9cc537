import { invalid } from '@parley/platform';
import type { Rule } from './answer.ts';
import { DEFAULT_SETTINGS, SETTINGS, type SettingName, type Settings } from './settings.ts';

/** How the answers to one kind of problem are found and compared. */
export type Policy = {
  name: string;
  description: string;
  /** The tasks of problem sets and debates whose answers are read so. */
  tasks: readonly string[];
  /** The extraction rules; the first that gives an answer is taken. */
  rules: readonly Rule[];
  /** What an answer is: any text, mathematics, a number only, one letter of a choice, or a text taken as it stands. */
  answers: 'mathematics' | 'number' | 'choice' | 'text' | 'verbatim';
  settings: Settings;
};

/** All policies by name. */
export const POLICIES: readonly Policy[] = [
  {
    name: 'boxed',
    description:
      'Mathematics as competitions ask for it: the last box, else what is called the answer',
    tasks: ['math'],
    rules: ['boxed', 'hashes', 'phrase', 'whole', 'last-number'],
    answers: 'mathematics',
    settings: DEFAULT_SETTINGS,
  },
  {
    name: 'gsm',
    description:
      'One number, as GSM8K and arithmetic ask for it; units and currencies are left out',
    tasks: ['gsm8k', 'arithmetic'],
    rules: ['boxed', 'hashes', 'phrase', 'last-number'],
    answers: 'number',
    settings: { ...DEFAULT_SETTINGS, units: 'ignored' },
  },
  {
    name: 'choice',
    description: 'One letter of A to E, in the ways that models say it',
    tasks: ['choice'],
    rules: ['boxed', 'hashes', 'phrase', 'option'],
    answers: 'choice',
    settings: DEFAULT_SETTINGS,
  },
  {
    name: 'exact',
    description:
      'The whole response as it stands, without the space around it; nothing is normalised',
    tasks: ['exact'],
    rules: ['whole'],
    answers: 'verbatim',
    settings: { ...DEFAULT_SETTINGS, letters: 'same-case' },
  },
  {
    name: 'text',
    description: 'Words without code or mathematics: a name, a date, a sentence',
    tasks: ['text'],
    rules: ['boxed', 'phrase', 'whole'],
    answers: 'text',
    settings: DEFAULT_SETTINGS,
  },
];

/**
 * The policy of that name, or of the task of that name, with settings of the caller's.
 * @throws ParleyError INVALID_ARGUMENT naming the field, under `field`, and what is allowed.
 */
export function policyOf(
  name: string,
  settings: Readonly<Record<string, unknown>> = {},
  field = '',
): Policy {
  const policy = POLICIES.find((one) => one.name === name || one.tasks.includes(name));
  if (policy === undefined) {
    const names = POLICIES.flatMap((one) => [one.name, ...one.tasks]);
    throw invalid(`${field}policy`, `'${name}' must be one of ${[...new Set(names)].join(', ')}`);
  }
  if (Object.keys(settings).length === 0) return policy;
  for (const [key, value] of Object.entries(settings))
    checkSetting(`${field}settings.${key}`, key, value);
  return { ...policy, settings: { ...policy.settings, ...settings } };
}

function checkSetting(field: string, name: string, value: unknown): void {
  const setting = SETTINGS[name as SettingName];
  if (!Object.hasOwn(SETTINGS, name))
    throw invalid(field, `is no setting; there are ${Object.keys(SETTINGS).join(', ')}`);
  const { values, minimum = 0, maximum = 0 } = setting;
  if (values !== undefined && !values.includes(String(value)))
    throw invalid(field, `'${value}' must be one of ${values.join(', ')}`);
  if (
    values === undefined &&
    !(Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum)
  )
    throw invalid(field, `'${value}' must be an integer from ${minimum} to ${maximum}`);
}
