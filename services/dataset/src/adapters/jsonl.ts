import { invalid, ParleyError } from '@parley/platform';
import { LIMITS, type Problem, parseProblem, type SplitName } from '../domain/problem.ts';

/** Characters of one line; the members have limits of their own. */
const MAX_LINE = 1024 * 1024;

/**
 * The problems of an upload, read line by line; empty lines are skipped.
 * @throws ParleyError INVALID_ARGUMENT or LIMIT_EXCEEDED naming the line and what is wrong with it.
 */
export async function readProblems(
  content: AsyncIterable<Uint8Array>,
  split: SplitName,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const lines = new Map<string, number>();
  for await (const { text, line } of linesOf(content)) {
    if (text.trim() === '') continue;
    if (problems.length === LIMITS.problems)
      throw limit(`line ${line}`, `a split has at most ${LIMITS.problems} problems`);
    const problem = parseProblem(text, { line, ordinal: problems.length + 1, split });
    const earlier = lines.get(problem.id);
    if (earlier !== undefined)
      throw invalid(`line ${line}.id`, `'${problem.id}' is the id of line ${earlier} already`);
    lines.set(problem.id, line);
    problems.push(problem);
  }
  if (problems.length === 0) throw invalid('body', 'must have at least one line with a problem');
  return problems;
}

type Decoder = InstanceType<typeof TextDecoder>;

async function* linesOf(
  content: AsyncIterable<Uint8Array>,
): AsyncIterable<{ text: string; line: number }> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let bytes = 0;
  let rest = '';
  for await (const chunk of content) {
    bytes += chunk.byteLength;
    if (bytes > LIMITS.splitBytes) throw limit('body', `has more than ${LIMITS.splitBytes} bytes`);
    const texts = (rest + decoded(decoder, line, chunk)).split('\n');
    rest = texts.pop() ?? '';
    for (const text of texts) yield { text, line: line++ };
    if (rest.length > MAX_LINE) throw limit(`line ${line}`, `has more than ${MAX_LINE} characters`);
  }
  rest += decoded(decoder, line);
  if (rest !== '') yield { text: rest, line };
}

function decoded(decoder: Decoder, line: number, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw invalid('body', `must be UTF-8; it is not in or behind line ${line}`);
  }
}

function limit(field: string, message: string): ParleyError {
  return new ParleyError('LIMIT_EXCEEDED', `${field}: ${message}`, { field });
}
