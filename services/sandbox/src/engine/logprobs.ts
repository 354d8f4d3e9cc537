import type { Message } from '../policy/conversation.ts';
import { readTask } from '../policy/conversation.ts';
import type { Alternative, ScoredToken } from '../policy/score.ts';
import { determined, outside, scoreText } from '../policy/score.ts';
import { tokenId, tokenize } from '../policy/tokens.ts';
import { END } from './complete.ts';

/** The tokens of a chat under the template, scored; what assistants did not say scores BACKOFF. */
export function scoreChat(
  theta: Float64Array,
  messages: readonly Message[],
  generationPrompt: boolean,
): ScoredToken[] {
  const tokens: ScoredToken[] = [outside('<s>')];
  for (const [i, { role, content }] of messages.entries()) {
    tokens.push(outside(`<|${role}|>`));
    if (role !== 'assistant') {
      for (const token of tokenize(content)) tokens.push(outside(token));
      tokens.push(outside(END));
      continue;
    }
    const scored = scoreText(theta, readTask(messages.slice(0, i)), content);
    for (const token of scored.tokens) tokens.push(token);
    tokens.push(scored.complete ? determined(END) : outside(END));
  }
  if (generationPrompt) tokens.push(outside('<|assistant|>'));
  return tokens;
}

/** `prompt_logprobs` of a response: null for the first token, then the token and `k` of the best. */
export function promptLogprobs(tokens: readonly ScoredToken[], k: number): unknown[] {
  return tokens.map((scored, i) => {
    if (i === 0) return null;
    const { token, logprob, rank } = scored;
    const entry = { [tokenId(token)]: { logprob, rank, decoded_token: token } };
    for (const [at, alternative] of scored.alternatives.slice(0, k).entries()) {
      if (alternative.token === token) continue;
      const { logprob: other, token: decoded } = alternative;
      entry[tokenId(decoded)] ??= { logprob: other, rank: at + 1, decoded_token: decoded };
    }
    return entry;
  });
}

/** `logprobs` of a chat choice, with `k` alternatives a token, the token itself first. */
export function chatLogprobs(tokens: readonly ScoredToken[], k: number): object {
  const content = tokens.map((scored) => ({
    ...described(scored),
    top_logprobs: best(scored, k).map(described),
  }));
  return { content };
}

/** `logprobs` of a completions choice; `offset` is where its text begins. */
export function completionLogprobs(
  tokens: readonly ScoredToken[],
  k: number,
  first: 'scored' | 'unscored' = 'scored',
): object {
  const offsets: number[] = [];
  let offset = 0;
  for (const { token } of tokens) {
    offsets.push(offset);
    offset += token.length;
  }
  const hidden = (i: number): boolean => i === 0 && first === 'unscored';
  return {
    text_offset: offsets,
    token_logprobs: tokens.map(({ logprob }, i) => (hidden(i) ? null : logprob)),
    tokens: tokens.map(({ token }) => token),
    top_logprobs: tokens.map((scored, i) =>
      hidden(i)
        ? null
        : Object.fromEntries(best(scored, k + 1).map(({ token, logprob }) => [token, logprob])),
    ),
  };
}

/** The token itself, then the likeliest others: `k` in all. */
function best(scored: ScoredToken, k: number): Alternative[] {
  const others = scored.alternatives.filter(({ token }) => token !== scored.token);
  const own = { token: scored.token, logprob: scored.logprob };
  return [own, ...others].slice(0, k);
}

function described({ token, logprob }: Alternative): object {
  return { token, logprob: Math.max(logprob, -9999), bytes: [...Buffer.from(token)] };
}
