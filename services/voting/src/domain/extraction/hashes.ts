import { MAX_LINE } from '../answer.ts';
import { type Candidate, isExpression, trimmed } from './span.ts';

const MARK = '####';
/** Marks that are looked at, from the last one on. */
const MAX_MARKS = 8;
/** A heading that counts something: "Step 1", "2. Add them". */
const HEADING =
  /^(?:(?:step|case|part|method|solution|approach|question|problem|example|phase|stage|section|note)(?![a-z])|\d+[.):] +\p{L})/iu;

/** What stands behind `####`, the last first: in its line, or the next where that is empty. Headings are none. */
export function* hashed(text: string): Iterable<Candidate> {
  let at = text.lastIndexOf(MARK);
  for (let seen = 0; at >= 0 && seen < MAX_MARKS; seen++) {
    const line = text.slice(at + MARK.length, at + MARK.length + MAX_LINE);
    const begin = /^[ \t#]*\r?\n?/.exec(line)?.[0].length ?? 0;
    const newline = line.indexOf('\n', begin);
    const end = at + MARK.length + (newline < 0 ? line.length : newline);
    const span = trimmed(text, at + MARK.length + begin, end);
    if (!isHeading(text.slice(span.from, span.to), text.slice(end, end + MAX_LINE))) yield span;
    if (at === 0) return;
    at = text.lastIndexOf(MARK, at - 1);
  }
}

/** Words with text below them are a heading of markdown, and not what the text says last. */
function isHeading(line: string, below: string): boolean {
  return HEADING.test(line) || (/^\p{L}/u.test(line) && !isExpression(line) && /\S/.test(below));
}
