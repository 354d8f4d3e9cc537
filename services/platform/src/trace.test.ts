import { describe, expect, it } from 'vitest';
import { newTraceId, traceIdOf, traceparentOf } from './trace.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';

describe('traceIdOf', () => {
  it.each([
    [`00-${ID}-b7ad6b7169203331-01`, ID],
    [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, undefined],
    [`00-${ID.toUpperCase()}-b7ad6b7169203331-01`, undefined],
    ['nonsense', undefined],
    [undefined, undefined],
  ])('of %s is %s', (traceparent, id) => {
    expect(traceIdOf(traceparent)).toBe(id);
  });

  it('gives back what traceparentOf was given', () => {
    const id = newTraceId();
    expect(traceIdOf(traceparentOf(id))).toBe(id);
    expect(newTraceId()).not.toBe(id);
  });
});
