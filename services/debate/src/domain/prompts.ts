/**
 * The wording of every prompt of a debate. Development engines and trained adapters depend on it: whoever
 * changes a word raises the version.
 */
export const PROMPTS_VERSION = 1;

const FORM =
  'Reason step by step, one step a line, and put the final answer as \\boxed{answer} at the end.';

/** Round 1: the question. */
export function questionPrompt(question: string): string {
  return `Answer the following question: ${question}\n\n${FORM}`;
}

/** The request to a summariser for the others' answers; it has no conversation before it. */
export function summaryPrompt(question: string, answers: readonly string[]): string {
  return (
    `These are the answers of other agents to the question: ${question}\n\n${quoted(answers)}\n\n` +
    'Write a concise summary of these answers. Keep each different final answer and the reasons that ' +
    'were given for it.'
  );
}

/** Round 2 and later, with a summary of what the others answered in the round before. */
export function critiquePrompt(question: string, summary: string): string {
  return `Here is a summary of what other agents answered:\n\n${summary}\n\n${improve(question)}`;
}

/** Round 2 and later, with the others' answers as they are; with none, a request to check one's own. */
export function rawCritiquePrompt(question: string, answers: readonly string[]): string {
  if (answers.length === 0) return `No other agent answered.\n\n${improve(question)}`;
  return `Here is what other agents answered:\n\n${quoted(answers)}\n\n${improve(question)}`;
}

function improve(question: string): string {
  return (
    `The question again: ${question}\n\n` +
    'Compare this with your own reasoning, check every step, and give an improved answer to the ' +
    `question. ${FORM}`
  );
}

function quoted(answers: readonly string[]): string {
  return answers.map((answer) => `One agent's answer:\n${fenced(answer)}`).join('\n\n');
}

/** A block of three backticks, or of one more than the longest run inside the text. */
function fenced(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
