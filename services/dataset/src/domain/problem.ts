import { invalid, ParleyError } from '@parley/platform';

/** One problem of a split: its id, the question, and the reference answer or solution. */
export type Problem = { id: string; question: string; answer: string };

export const SPLITS = ['train', 'evaluation'] as const;
export type SplitName = (typeof SPLITS)[number];

/** The stated limits of a split. */
export const LIMITS = {
  problems: 100_000,
  questionBytes: 64 * 1024,
  answerBytes: 64 * 1024,
  splitBytes: 64 * 1024 * 1024,
} as const;

const ID = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;
const FIELDS = new Set(['id', 'question', 'answer']);

/** The id of a problem that has none of its own: `train-00001`. */
export function problemId(split: SplitName, ordinal: number): string {
  return `${split}-${String(ordinal).padStart(5, '0')}`;
}

/**
 * A line of an upload: `{"question","answer","id"?}`.
 * @param ordinal the problem's place in the split, from 1, for its id.
 * @throws ParleyError INVALID_ARGUMENT or LIMIT_EXCEEDED, whose field is the line and the member.
 */
export function parseProblem(
  text: string,
  at: { line: number; ordinal: number; split: SplitName },
): Problem {
  const where = `line ${at.line}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(where, 'must be one JSON object');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalid(where, 'must be one JSON object');
  for (const name of Object.keys(value))
    if (!FIELDS.has(name))
      throw invalid(`${where}.${name}`, 'is not known here; use question, answer, id');
  const {
    id = problemId(at.split, at.ordinal),
    question,
    answer,
  } = value as Record<string, unknown>;
  if (typeof id !== 'string' || !ID.test(id))
    throw invalid(
      `${where}.id`,
      'must be 1 to 128 letters, digits or . _ : / -, a letter or digit first',
    );
  return {
    id,
    question: textOf(`${where}.question`, question, LIMITS.questionBytes),
    answer: textOf(`${where}.answer`, answer, LIMITS.answerBytes),
  };
}

function textOf(field: string, value: unknown, limit: number): string {
  if (typeof value !== 'string' || value.trim() === '')
    throw invalid(field, 'must be a text that is not empty');
  const bytes = Buffer.byteLength(value);
  if (bytes > limit)
    throw new ParleyError(
      'LIMIT_EXCEEDED',
      `${field}: has ${bytes} bytes; at most ${limit} are allowed`,
      {
        field,
      },
    );
  return value;
}

/** Problems as a split is stored: a line `{"id","question","answer"}` each. */
export function problemsToJsonl(problems: readonly Problem[]): string {
  return problems
    .map(({ id, question, answer }) => `${JSON.stringify({ id, question, answer })}\n`)
    .join('');
}

/** The problems of a stored split. */
export function problemsFromJsonl(text: string): Problem[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Problem);
}

/** A question as overlap is judged by: without case, accents of form and differences of white space. */
export function normalisedQuestion(question: string): string {
  return question.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}

/** The first of the problems whose question stands among the others too. */
export function firstOverlap(
  problems: readonly Problem[],
  others: readonly Problem[],
): Problem | undefined {
  const seen = new Set(others.map(({ question }) => normalisedQuestion(question)));
  return problems.find(({ question }) => seen.has(normalisedQuestion(question)));
}
