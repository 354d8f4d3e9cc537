import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventParser } from './server-sent-events.ts';

function parse(pieces: string[]): string[] {
  const events: string[] = [];
  const push = eventParser((data) => events.push(data));
  for (const piece of pieces) push(piece);
  return events;
}

describe('eventParser', () => {
  it.each<[string, string, string[]]>([
    ['one event', 'data: {"a":1}\n\n', ['{"a":1}']],
    ['several', 'data: a\n\ndata: b\n\n', ['a', 'b']],
    ['carriage returns', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['several lines of data', 'data: a\ndata: b\n\n', ['a\nb']],
    ['no space after the colon', 'data:a\n\n', ['a']],
    ['comments and other fields', ': ping\nevent: x\nid: 1\ndata: a\n\n', ['a']],
    ['nothing of an unfinished event', 'data: a\n\ndata: b\n', ['a']],
    ['no event of empty lines', '\n\n\n', []],
  ])('reads %s', (_, text, events) => {
    expect(parse([text])).toEqual(events);
  });

  it('reads the same in whatever pieces', () => {
    const line = fc.constantFrom('data: x', 'data: yy', ': c', '', 'data: "\u{1f600}"');
    fc.assert(
      fc.property(
        fc.array(line),
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.nat(9)),
        (lines, end, cuts) => {
          const text = lines.map((one) => one + end).join('');
          const pieces: string[] = [];
          let at = 0;
          for (const cut of cuts) {
            pieces.push(text.slice(at, at + cut));
            at += cut;
          }
          pieces.push(text.slice(at));
          expect(parse(pieces)).toEqual(parse([text]));
        },
      ),
    );
  });
});
