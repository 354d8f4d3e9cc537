import { setTimeout as delay } from 'node:timers/promises';
import { ParleyError } from '../errors.ts';

const AGAIN = 100;

/**
 * What a call to Kafka gives, if in time.
 * @param what the call, for the message.
 * @throws ParleyError UNAVAILABLE when the call fails or takes longer; the call itself goes on.
 */
export async function within<T>(milliseconds: number, what: string, call: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const seconds = milliseconds / 1_000;
    late.reject(
      new ParleyError('UNAVAILABLE', `${what}: Kafka did not answer within ${seconds} s`),
    );
  }, milliseconds);
  try {
    return await Promise.race([call, late.promise]);
  } catch (thrown) {
    throw kafkaFailure(what, thrown);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What a question to Kafka gives, asked again while the answer is that the cluster is not that far: a topic
 * that was made just now, a leader or a coordinator that is being chosen.
 * @throws ParleyError UNAVAILABLE as `within`.
 */
export async function answered<T>(
  milliseconds: number,
  what: string,
  ask: () => Promise<T>,
): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    try {
      return await within(Math.max(0, end - performance.now()), what, ask());
    } catch (thrown) {
      if (!isPassing(thrown as Error) || performance.now() + AGAIN > end) throw thrown;
      await delay(AGAIN);
    }
  }
}

/** kafkajs throws a TypeError when the metadata that it works with are replaced under it. */
function isPassing({ cause }: Error): boolean {
  return cause instanceof TypeError || (cause as { retriable?: boolean })?.retriable === true;
}

/** What kafkajs threw, as a ParleyError UNAVAILABLE with all that it tells. */
export function kafkaFailure(what: string, thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  return new ParleyError('UNAVAILABLE', `${what}: ${told(thrown)}`, { cause: thrown });
}

function told(thrown: unknown): string {
  const { errors } = thrown as { errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return errors.map(told).join('; ');
  return thrown instanceof Error ? thrown.message : String(thrown);
}
