import type { SymbolicComparer } from '../domain/symbolic/compare.ts';
import { serve } from '../workers/serve.ts';

/** Does what the first text of a pair says; the texts of any other pair are equal when they are the same. */
const comparer: SymbolicComparer = {
  equal(a, b) {
    if (a === '!spin') for (;;);
    if (a === '!throw') throw new Error('asked to throw');
    if (a === '!overflow') return overflow() > 0;
    if (a === '!fill') return fill().next === undefined;
    if (a === '!exit') process.exit(3);
    if (a === '!unknown') return undefined;
    if (a.startsWith('!wait ')) {
      const until = performance.now() + Number(a.slice('!wait '.length));
      while (performance.now() < until);
    }
    return a === b;
  },
};

function overflow(): number {
  return overflow() + 1;
}

type Link = { next: Link | undefined; body: number[] };

const BODY = new Array(1000).fill(0.5);

/** Fills the memory by small pieces, which ends the thread and not the process. */
function fill(): Link {
  let chain: Link | undefined;
  for (;;) chain = { next: chain, body: [...BODY] };
}

serve(comparer);
