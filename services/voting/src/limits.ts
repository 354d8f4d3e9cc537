/** Responses, votes or pairs in one request. */
export const MAX_ITEMS = 10_000;
/** Ballots of one vote. */
export const MAX_BALLOTS = 1024;
/** Characters of one response. */
export const MAX_RESPONSE = 1024 * 1024;
/** Characters of an agent's name. */
export const MAX_AGENT = 200;
