import {
  DEFAULT_PROMPTS,
  ParleyError,
  type Placeholder,
  type Prompts,
  type TemplateName,
  templateParts,
} from '@parley/platform';

/** The prompts of a debate: its society's own, or the default. */
export function promptsOf({ prompts }: { prompts?: Prompts }): Prompts {
  return prompts ?? DEFAULT_PROMPTS;
}

/** Round 1: the question. */
export function questionPrompt(prompts: Prompts, question: string): string {
  return filled(prompts, 'question', { question });
}

/** The request to a summariser for the others' answers; it has no conversation before it. */
export function summaryPrompt(
  prompts: Prompts,
  question: string,
  answers: readonly string[],
): string {
  return filled(prompts, 'summary', { question, answers: quoted(prompts, answers) });
}

/** Round 2 and later, with a summary of what the others answered in the round before. */
export function critiquePrompt(prompts: Prompts, question: string, summary: string): string {
  return filled(prompts, 'critique', { question, summary });
}

/** Round 2 and later, with the others' answers as they are; with none, a request to check one's own. */
export function rawCritiquePrompt(
  prompts: Prompts,
  question: string,
  answers: readonly string[],
): string {
  if (answers.length === 0) return filled(prompts, 'loneCritique', { question });
  return filled(prompts, 'rawCritique', { question, answers: quoted(prompts, answers) });
}

function quoted(prompts: Prompts, answers: readonly string[]): string {
  return answers
    .map((answer, index) =>
      filled(prompts, 'answer', {
        number: String(index + 1),
        answer,
        fencedAnswer: fenced(answer),
      }),
    )
    .join(filled(prompts, 'separator', {}));
}

function filled(
  prompts: Prompts,
  name: TemplateName,
  values: Partial<Record<Placeholder, string>>,
): string {
  return templateParts(prompts[name], `prompts.${name}`)
    .map((part) => {
      if (part.type === 'text') return part.text;
      const value = values[part.name as Placeholder];
      if (value !== undefined) return value;
      throw new ParleyError(
        'INTERNAL',
        `prompts '${prompts.version}': nothing is known for {${part.name}} of ${name}`,
      );
    })
    .join('');
}

/** A block of three backticks, or of one more than the longest run inside the text. */
function fenced(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
