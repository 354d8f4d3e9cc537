import { ParleyError } from '../errors.ts';

/**
 * What `work` gives, if in time; the work itself goes on.
 * @throws ParleyError DEADLINE_EXCEEDED when it takes longer; what the work throws.
 */
export async function inTime<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new ParleyError('DEADLINE_EXCEEDED', `no answer within ${milliseconds} ms`));
  }, milliseconds);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
