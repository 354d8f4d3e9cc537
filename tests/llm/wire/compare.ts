import type { Answer } from './answers.ts';

/** How strictly answers are compared. */
export type Rules = {
  /** Paths, such as `choices[].stop_reason`, that may be absent or null in one answer and not in the other. */
  open?: readonly string[];
  /** Whether error messages are each engine's own; else they must agree word for word. */
  ownWords?: boolean;
  /** Whether the reference may have more at the top than the other. */
  partial?: boolean;
};

/** Words of the protocol: their values must agree, not only their types. */
const WORDS = new Set(['object', 'role', 'owned_by', 'type', 'param', 'code', 'detail', 'error']);

/** Objects whose keys are tokens: what stands under them is compared, the keys are not. */
const BY_TOKEN = new Set([
  'prompt_logprobs[]',
  'choices[].prompt_logprobs[]',
  'choices[].logprobs.top_logprobs[]',
]);

/** What null says depends on the request (whether a text stopped the answer, for instance), not on the engine. */
const ALWAYS_OPEN = ['choices[].stop_reason'];

/**
 * In what an engine's answer is not like the reference: status, media type, the keys and types of the body,
 * the words of errors. Texts, numbers and the length of lists are not compared.
 * @returns one sentence for each difference, naming the place; none where they agree.
 */
export function differences(reference: Answer, answer: Answer, rules: Rules = {}): string[] {
  if (reference.status !== answer.status)
    return [`status: expected ${reference.status}, got ${answer.status} ${brief(answer.body)}`];
  if (reference.type !== answer.type)
    return [`content-type: expected '${reference.type}', got '${answer.type}'`];
  if (reference.type === 'text/event-stream') return streamDifferences(reference, answer, rules);
  if (typeof reference.body === 'string' || typeof answer.body === 'string')
    return reference.body === answer.body
      ? []
      : [`body: expected ${brief(reference.body)}, got ${brief(answer.body)}`];
  return shapeDifferences('', [reference.body], [answer.body], rules);
}

/** Events of a stream are compared by what they are for: the role, text, the end of a choice, the usage. */
function streamDifferences(reference: Answer, answer: Answer, rules: Rules): string[] {
  const expected = byKind(reference.body as unknown[]);
  const got = byKind(answer.body as unknown[]);
  const order = [[...expected.keys()].join(', '), [...got.keys()].join(', ')];
  if (order[0] !== order[1]) return [`events: expected ${order[0]}; got ${order[1]}`];
  return [...expected].flatMap(([kind, events]) =>
    shapeDifferences('', events, got.get(kind) ?? [], rules).map(
      (text) => `${kind} event, ${text}`,
    ),
  );
}

function byKind(events: readonly unknown[]): Map<string, unknown[]> {
  const kinds = new Map<string, unknown[]>();
  for (const event of events) {
    const kind = kindOfEvent(event);
    kinds.set(kind, [...(kinds.get(kind) ?? []), event]);
  }
  return kinds;
}

function kindOfEvent(event: unknown): string {
  if (typeof event === 'string') return event;
  const { choices = [] } = event as {
    choices?: { delta?: { role?: string }; finish_reason?: unknown }[];
  };
  const [choice] = choices;
  if (choice === undefined) return 'usage';
  if (choice.delta?.role !== undefined) return 'role';
  return choice.finish_reason ? 'end' : 'text';
}

const ABSENT = Symbol('absent');

/** Compares what stands at one place: elements of one list are held together against those of the other. */
function shapeDifferences(
  path: string,
  references: readonly unknown[],
  answers: readonly unknown[],
  rules: Rules,
): string[] {
  const isOpen = ALWAYS_OPEN.includes(path) || rules.open?.includes(path);
  const expected = kinds(references, isOpen === true);
  const got = kinds(answers, isOpen === true);
  if (isOpen && (expected === '' || got === '')) return [];
  const place = path === '' ? 'body' : path;
  if (expected !== got) return [`${place}: expected ${expected}, got ${got}`];
  const key = path.slice(path.lastIndexOf('.') + 1);
  const mustAgree = WORDS.has(key) || (key === 'message' && !rules.ownWords);
  if (mustAgree && expected !== 'object' && words(references) !== words(answers))
    return [`${place}: expected ${words(references)}, got ${words(answers)}`];
  return [
    ...listDifferences(path, references, answers, rules),
    ...objectDifferences(path, references, answers, rules),
  ];
}

function listDifferences(
  path: string,
  references: readonly unknown[],
  answers: readonly unknown[],
  rules: Rules,
): string[] {
  const [expected, got] = [elements(references), elements(answers)];
  if (expected.length === 0 || got.length === 0) return [];
  return shapeDifferences(`${path}[]`, expected, got, rules);
}

function objectDifferences(
  path: string,
  references: readonly unknown[],
  answers: readonly unknown[],
  rules: Rules,
): string[] {
  const [expected, got] = [objects(references), objects(answers)];
  if (expected.length === 0 || got.length === 0) return [];
  const join = (key: string) => (path === '' ? key : `${path}.${key}`);
  if (BY_TOKEN.has(path))
    return shapeDifferences(
      join('*'),
      expected.flatMap(Object.values),
      got.flatMap(Object.values),
      rules,
    );
  const names = (rules.partial && path === '' ? got : [...expected, ...got]).flatMap(Object.keys);
  return [...new Set(names)].flatMap((key) =>
    shapeDifferences(join(key), expected.map(at(key)), got.map(at(key)), rules),
  );
}

function at(key: string): (object: object) => unknown {
  return (object) => (Object.hasOwn(object, key) ? object[key as keyof typeof object] : ABSENT);
}

function elements(values: readonly unknown[]): unknown[] {
  return values.filter((value) => Array.isArray(value)).flat(1) as unknown[];
}

function objects(values: readonly unknown[]): object[] {
  return values.filter(
    (value): value is object =>
      typeof value === 'object' && value !== null && !Array.isArray(value),
  );
}

function kinds(values: readonly unknown[], isOpen: boolean): string {
  const found = new Set(values.map(kindOf));
  if (isOpen) for (const kind of ['null', 'absent']) found.delete(kind);
  return [...found].sort().join(' or ');
}

function kindOf(value: unknown): string {
  if (value === ABSENT) return 'absent';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}

function words(values: readonly unknown[]): string {
  return [...new Set(values.map((value) => JSON.stringify(value) ?? 'absent'))].sort().join(' or ');
}

function brief(value: unknown): string {
  return (JSON.stringify(value) ?? '').slice(0, 300);
}
