import { writeSync } from 'node:fs';
import { openSqliteStore } from './sqlite.ts';

/** Commits until it is killed, and tells on stdout, by owner and number, what was acknowledged. */
const store = openSqliteStore(process.argv[2] ?? '', { service: 'tests' });
await Promise.all(
  Array.from({ length: 16 }, async (_, writer) => {
    for (let number = 1; ; number += 1) {
      await store.commit(`o${writer}`, [
        { op: 'append', stream: 'log', value: number },
        { op: 'put', name: 'state', value: { number, text: 'x'.repeat(500) } },
        { op: 'enqueue', queue: 'q', id: `o${writer}-${number}` },
      ]);
      writeSync(1, `o${writer} ${number}\n`);
    }
  }),
);
