const FORM =
  'Reason step by step, one step a line, and put the final answer as \\boxed{answer} at the end.';

/** Round 1: the question. */
export function questionPrompt(expression: string): string {
  return `Answer the following question: ${question(expression)}\n\n${FORM}`;
}

/** The request to condense other agents' answers. */
export function summaryPrompt(expression: string, answers: readonly string[]): string {
  const asked = question(expression);
  return `These are the answers of other agents to the question: ${asked}\n\n${quoted(answers)}\n\nWrite a concise summary of these answers. Keep each different final answer and the reasons that were given for it.`;
}

/** The request for an improved answer in view of a summary. */
export function critiquePrompt(expression: string, summary: string): string {
  return `Here is a summary of what other agents answered:\n\n${summary}\n\n${improve(expression)}`;
}

/** The request for an improved answer in view of the others' answers as they are. */
export function rawCritiquePrompt(expression: string, answers: readonly string[]): string {
  if (answers.length === 0) return `No other agent answered.\n\n${improve(expression)}`;
  return `Here is what other agents answered:\n\n${quoted(answers)}\n\n${improve(expression)}`;
}

function question(expression: string): string {
  return `What is the result of ${expression}?`;
}

function improve(expression: string): string {
  return `The question again: ${question(expression)}\n\nCompare this with your own reasoning, check every step, and give an improved answer to the question. ${FORM}`;
}

function quoted(answers: readonly string[]): string {
  return answers.map((answer) => `One agent's answer:\n\`\`\`\n${answer}\n\`\`\``).join('\n\n');
}
