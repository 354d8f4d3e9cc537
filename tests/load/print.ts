/** Prints a line of a benchmark's report. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a row of a table: a name, then cells of equal width. */
export function row(name: string, ...cells: string[]): void {
  print(`${name.padEnd(28)}${cells.map((cell) => cell.padStart(15)).join('')}`);
}

/** Prints whether a figure is at most what it should be. */
export function target(what: string, value: number, limit: number): void {
  print(
    `${value <= limit ? 'reached' : 'MISSED '}  ${what}: ${value.toFixed(2)} (target ≤ ${limit})`,
  );
}

/** Prints whether a figure is at least what it should be. */
export function floor(what: string, value: number, limit: number): void {
  print(
    `${value >= limit ? 'reached' : 'MISSED '}  ${what}: ${value.toFixed(value < 10 ? 2 : 0)} (target ≥ ${limit})`,
  );
}
