import { invalid } from '@parley/platform';

/** How an engine draws tokens. Temperature 0 is greedy. */
export type Sampling = { temperature: number; topP: number; maxTokens: number };

/** The sampling of the method's authors, with room for a worked solution. */
export const DEFAULT_SAMPLING: Sampling = { temperature: 1, topP: 0.9, maxTokens: 1024 };

/** What sampling may be: temperature from 0, top_p above 0, tokens from 1, each up to its maximum. */
export const SAMPLING_LIMITS = { temperature: 2, topP: 1, maxTokens: 131_072 } as const;

/**
 * The sampling itself if engines accept it.
 * @param field what the error names, e.g. `protocol.sampling`.
 * @throws ParleyError INVALID_ARGUMENT
 */
export function checkSampling(sampling: Sampling, field: string): Sampling {
  const { temperature, topP, maxTokens } = sampling;
  if (!(temperature >= 0 && temperature <= SAMPLING_LIMITS.temperature))
    throw invalid(
      `${field}.temperature`,
      `${temperature} must be from 0 to ${SAMPLING_LIMITS.temperature}`,
    );
  if (!(topP > 0 && topP <= SAMPLING_LIMITS.topP))
    throw invalid(`${field}.topP`, `${topP} must be above 0 and at most ${SAMPLING_LIMITS.topP}`);
  if (!(Number.isInteger(maxTokens) && maxTokens >= 1 && maxTokens <= SAMPLING_LIMITS.maxTokens))
    throw invalid(
      `${field}.maxTokens`,
      `${maxTokens} must be an integer from 1 to ${SAMPLING_LIMITS.maxTokens}`,
    );
  return sampling;
}
