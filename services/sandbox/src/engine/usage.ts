/** The version that the engine's wire format follows. */
export const VERSION = '0.32.0';

/** What identifies the engine in responses. */
export const FINGERPRINT = `vllm-${VERSION}-sandbox`;

/** `usage` of a response. */
export function usage(prompt: number, completion: number): object {
  return {
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    completion_tokens: completion,
    prompt_tokens_details: null,
    completion_tokens_details: null,
  };
}

/** `usage` of the last chunk of a stream. */
export function finalUsage(prompt: number, completion: number): object {
  return {
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    completion_tokens: completion,
  };
}

/** `usage` of a chunk on the way. */
export function runningUsage(prompt: number, completion: number): object {
  return { ...finalUsage(prompt, completion), completion_tokens_details: null };
}
