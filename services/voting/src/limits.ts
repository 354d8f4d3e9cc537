/** Responses, votes or pairs in one request. */
export const MAX_ITEMS = 10_000;
/** Ballots of one vote. */
export const MAX_BALLOTS = 1024;
/** Ballots of all votes in one request. */
export const MAX_ALL_BALLOTS = 200_000;
/** Characters of one response. */
export const MAX_RESPONSE = 1024 * 1024;
/** Characters of an agent's name. */
export const MAX_AGENT = 200;
/** Answers that one ballot ranks. */
export const MAX_RANKING = 16;
/** The heaviest ballot. */
export const MAX_WEIGHT = 1_000_000;
/** Characters of the question that a judge is asked. */
export const MAX_QUESTION = 64 * 1024;
/** Pairs of one request that the workers have at once: several requests share them, whatever their sizes. */
export const MAX_PAIRS_AT_WORK = 64;
/** Bytes of the results that one REST request may be answered with. */
export const MAX_RESULTS_BYTES = 128 * 1024 * 1024;
/** Milliseconds that one request may use the workers; pairs that are left then are unknown. */
export const MAX_SYMBOLIC_MS = 120_000;
