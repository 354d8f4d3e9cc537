/**
 * The data of server-sent events from text in arbitrary pieces.
 * @param data called with each event's data, several `data:` lines joined by newlines.
 * @returns a function that takes the next piece.
 */
export function eventParser(data: (text: string) => void): (piece: string) => void {
  let rest = '';
  let lines: string[] = [];

  function line(text: string): void {
    if (text === '') {
      if (lines.length > 0) data(lines.join('\n'));
      lines = [];
    } else if (text.startsWith('data:')) lines.push(text.slice(text[5] === ' ' ? 6 : 5));
  }

  return (piece) => {
    rest += piece;
    let start = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
      line(rest.slice(start, rest[end - 1] === '\r' ? end - 1 : end));
      start = end + 1;
    }
    rest = rest.slice(start);
  };
}
