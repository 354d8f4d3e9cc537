import { invalid } from './errors.ts';

/** What stands for what in a template of a prompt. */
export const PLACEHOLDERS = {
  question: "the debate's question",
  answers:
    'the answers of the other agents, each quoted by the template `answer`, with `separator` between them',
  summary: 'the summary of the answers of the other agents',
  number: 'the number of the quoted answer, from 1',
  answer: 'the quoted answer as it is',
  fencedAnswer:
    'the quoted answer between two lines of backticks, three or one more than the longest run in it',
} as const;

export type Placeholder = keyof typeof PLACEHOLDERS;

type TemplateRule = {
  /** What the template is for. */
  use: string;
  /** Of each list one placeholder must stand in the template. */
  needs: readonly (readonly Placeholder[])[];
  /** Further placeholders that may. */
  may: readonly Placeholder[];
};

/** The templates of a debate's prompts. */
export const TEMPLATES = {
  question: { use: 'Round 1, to every agent', needs: [['question']], may: [] },
  summary: {
    use: 'To a summariser, who has no conversation before it',
    needs: [['question'], ['answers']],
    may: [],
  },
  critique: {
    use: 'Round 2 and later, with a summary of what the others answered in the round before',
    needs: [['summary']],
    may: ['question'],
  },
  rawCritique: {
    use: "Round 2 and later, with the others' answers as they are",
    needs: [['answers']],
    may: ['question'],
  },
  loneCritique: {
    use: 'Round 2 and later, when no other agent answered',
    needs: [],
    may: ['question'],
  },
  answer: {
    use: 'How one of several answers is quoted',
    needs: [['answer', 'fencedAnswer']],
    may: ['number'],
  },
  separator: { use: 'Stands between quoted answers; may be empty', needs: [], may: [] },
} as const satisfies Record<string, TemplateRule>;

export type TemplateName = keyof typeof TEMPLATES;

/** The names of all templates. */
export const TEMPLATE_NAMES = Object.keys(TEMPLATES) as TemplateName[];

/** The wording of every prompt of a debate: a template each, and the version that names them together. */
export type Prompts = { version: string } & Record<TemplateName, string>;

/** Prompts as a society is given them. */
export type GivenPrompts = { readonly [name in keyof Prompts]?: string | undefined };

/** The limits of prompts. A placeholder that stood more often would make prompts of any length. */
export const PROMPT_LIMITS = {
  versionLength: 64,
  templateBytes: 16 * 1024,
  repetitions: 2,
} as const;

const FORM =
  'Reason step by step, one step a line, and put the final answer as \\boxed{{answer}} at the end.';

const IMPROVE =
  'The question again: {question}\n\n' +
  'Compare this with your own reasoning, check every step, and give an improved answer to the ' +
  `question. ${FORM}`;

/**
 * The prompts of a society that has none of its own. Trained adapters and development engines depend on every
 * byte, and what is kept without prompts means these: they never change.
 */
export const DEFAULT_PROMPTS: Readonly<Prompts> = {
  version: '1',
  question: `Answer the following question: {question}\n\n${FORM}`,
  summary:
    'These are the answers of other agents to the question: {question}\n\n{answers}\n\n' +
    'Write a concise summary of these answers. Keep each different final answer and the reasons that ' +
    'were given for it.',
  critique: `Here is a summary of what other agents answered:\n\n{summary}\n\n${IMPROVE}`,
  rawCritique: `Here is what other agents answered:\n\n{answers}\n\n${IMPROVE}`,
  loneCritique: `No other agent answered.\n\n${IMPROVE}`,
  answer: "One agent's answer:\n{fencedAnswer}",
  separator: '\n\n',
};

/**
 * Prompts whose missing templates are the default's. Templates that differ from the default's need a version
 * of their own.
 * @param field what the error names, e.g. `protocol.prompts`.
 * @throws ParleyError INVALID_ARGUMENT naming the template or the version and what would be right.
 */
export function completePrompts(given: GivenPrompts, field: string): Prompts {
  const { version = DEFAULT_PROMPTS.version } = given;
  const prompts: Prompts = { ...DEFAULT_PROMPTS, version };
  for (const name of TEMPLATE_NAMES) {
    const template = given[name];
    if (template === undefined) continue;
    checkTemplate(name, template, `${field}.${name}`);
    prompts[name] = template;
  }
  checkVersion(given, prompts, `${field}.version`);
  return prompts;
}

const VERSION = new RegExp(`^\\P{Cc}{1,${PROMPT_LIMITS.versionLength}}$`, 'u');

function checkVersion(given: GivenPrompts, prompts: Prompts, field: string): void {
  const { version } = prompts;
  if (!VERSION.test(version))
    throw invalid(
      field,
      `must be 1 to ${PROMPT_LIMITS.versionLength} characters, none of them a control character`,
    );
  if (version === DEFAULT_PROMPTS.version) {
    const own = TEMPLATE_NAMES.find((name) => prompts[name] !== DEFAULT_PROMPTS[name]);
    if (own !== undefined)
      throw invalid(
        field,
        `'${version}' is the version of the default prompts, and ${own} is not theirs: give prompts of your own another version`,
      );
  } else if (TEMPLATE_NAMES.every((name) => given[name] === undefined))
    throw invalid(
      field,
      `'${version}' names no templates: give one, or leave the version out for the default prompts`,
    );
}

function checkTemplate(name: TemplateName, template: string, field: string): void {
  if (template === '' && name !== 'separator') throw invalid(field, 'must not be empty');
  const bytes = new TextEncoder().encode(template).length;
  if (bytes > PROMPT_LIMITS.templateBytes)
    throw invalid(field, `has ${bytes} bytes; at most ${PROMPT_LIMITS.templateBytes} are allowed`);
  const { needs, may }: TemplateRule = TEMPLATES[name];
  const known: readonly string[] = [...needs.flat(), ...may];
  const times = new Map<string, number>();
  for (const part of templateParts(template, field)) {
    if (part.type === 'text') continue;
    if (!known.includes(part.name))
      throw invalid(
        field,
        `has the unknown placeholder {${part.name.slice(0, 40)}}; ${known.length === 0 ? 'it takes none' : `it takes ${listed(known, 'and')}`}, and a brace itself is written twice`,
      );
    times.set(part.name, (times.get(part.name) ?? 0) + 1);
  }
  for (const [placeholder, count] of times)
    if (count > PROMPT_LIMITS.repetitions)
      throw invalid(
        field,
        `has {${placeholder}} ${count} times; at most ${PROMPT_LIMITS.repetitions} are allowed`,
      );
  for (const one of needs)
    if (!one.some((placeholder) => times.has(placeholder)))
      throw invalid(field, `must have the placeholder ${listed(one, 'or')}`);
}

function listed(placeholders: readonly string[], conjunction: 'and' | 'or'): string {
  return placeholders.map((name) => `{${name}}`).join(` ${conjunction} `);
}

/** A piece of a template: text as it is sent, or the name of a placeholder. */
export type TemplatePart = { type: 'text'; text: string } | { type: 'placeholder'; name: string };

/**
 * A template taken apart. `{name}` is a placeholder, `{{` and `}}` are a brace each.
 * @param field what the error names.
 * @throws ParleyError INVALID_ARGUMENT for a brace that is neither.
 */
export function templateParts(template: string, field: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const match of template.matchAll(/\{\{|\}\}|\{([A-Za-z]\w*)\}|[{}]/g)) {
    const [token, name] = match;
    if (match.index > end) parts.push({ type: 'text', text: template.slice(end, match.index) });
    end = match.index + token.length;
    if (name !== undefined) parts.push({ type: 'placeholder', name });
    else if (token.length === 2) parts.push({ type: 'text', text: token[0] as string });
    else
      throw invalid(
        field,
        `has a single '${token}' at character ${match.index + 1}; a placeholder is a name in braces, and a brace itself is written '${token}${token}'`,
      );
  }
  if (end < template.length) parts.push({ type: 'text', text: template.slice(end) });
  return parts;
}
