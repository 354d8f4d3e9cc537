/** What an engine answered to one request, in the form in which two engines can be compared. */
export type Answer = {
  status: number;
  /** Media type without parameters, empty where the answer has none. */
  type: string;
  /** Parsed JSON; the list of events of a stream, `[DONE]` as a text; metrics by family; else text. */
  body: unknown;
};

/** A family of metrics: its type and the names of its labels, in alphabetical order. */
export type Family = { type: string; labels: string[] };

/** A choice of a completion, or a piece of one. */
export type Choice = {
  index: number;
  message?: { role: string; content: string | null };
  delta?: { role?: string; content?: string };
  text?: string;
  finish_reason: string | null;
  stop_reason?: string | number | null;
  token_ids?: number[] | null;
  logprobs?: { content?: { token: string; logprob: number }[] } | null;
};

/** Log-probabilities of the tokens of a prompt: for each the candidates by token id, null for the first. */
export type PromptLogprobs = (Record<string, { logprob: number }> | null)[];

/** A completion, or one event of its stream. */
export type Completion = {
  model: string;
  choices: Choice[];
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | null;
  prompt_logprobs?: PromptLogprobs | null;
};

/** The completion that an answer holds. @throws Error when it holds none. */
export function completionOf(answer: Answer | undefined): Completion {
  const body = answer?.body as Completion | undefined;
  if (answer?.status !== 200 || !Array.isArray(body?.choices))
    throw new Error(`no completion: ${JSON.stringify(answer)?.slice(0, 200)}`);
  return body;
}

/** The events of a stream without the `[DONE]` that must end it. @throws Error when it does not. */
export function eventsOf(answer: Answer | undefined): Completion[] {
  const events = answer?.body;
  if (!Array.isArray(events) || events.at(-1) !== '[DONE]')
    throw new Error(`no whole stream: ${JSON.stringify(answer)?.slice(0, 200)}`);
  return events.slice(0, -1) as Completion[];
}

/** The texts of a completion's choices, in their order. */
export function textsOf({ choices }: Completion): string[] {
  return choices
    .toSorted((a, b) => a.index - b.index)
    .map(({ message, text }) => message?.content ?? text ?? '');
}

/** The texts of the choices that a stream brought. */
export function streamedTexts(events: readonly Completion[]): string[] {
  const texts: string[] = [];
  for (const { choices } of events)
    for (const { index, delta, text } of choices)
      texts[index] = (texts[index] ?? '') + (delta?.content ?? text ?? '');
  return texts;
}

/** Reads the metrics of vLLM out of the text format of Prometheus. */
export function parseMetrics(text: string): Record<string, Family> {
  const families: Record<string, Family> = {};
  let current: { name: string; labels: Set<string> } | undefined;
  for (const line of text.split('\n')) {
    const [, name, type] = /^# TYPE (vllm:\S+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) {
      families[name] = { type, labels: [] };
      current = { name, labels: new Set() };
    } else if (current !== undefined && line.startsWith(current.name)) {
      for (const [, label] of line.matchAll(/[{,]([a-z_]+)="/g)) current.labels.add(label ?? '');
      families[current.name] = {
        type: families[current.name]?.type ?? '',
        labels: [...current.labels].sort(),
      };
    } else if (line.startsWith('# TYPE')) current = undefined;
  }
  return families;
}

/** The sum of a metric over the label sets that have all of the given labels; 0 when there is none. */
export function metricValue(text: string, name: string, labels: readonly string[] = []): number {
  let sum = 0;
  for (const line of text.split('\n'))
    if (line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
      sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  return sum;
}
