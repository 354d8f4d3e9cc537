import { invalid } from '@parley/platform';

/** Names of problem sets and societies. */
export const NAME = { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' } as const;
/** Ids of collections. */
export const COLLECTION_ID = { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' } as const;

/** @throws ParleyError INVALID_ARGUMENT */
export function checkName(field: string, text: string): void {
  if (!new RegExp(NAME.pattern).test(text)) throw invalid(field, `must match ${NAME.pattern}`);
}

/** @throws ParleyError INVALID_ARGUMENT */
export function checkCollectionId(field: string, text: string): void {
  if (!new RegExp(COLLECTION_ID.pattern).test(text))
    throw invalid(field, `must match ${COLLECTION_ID.pattern}`);
}

/** @throws ParleyError INVALID_ARGUMENT unless w is from 0 to 1. */
export function checkWeight(field: string, weight: number): void {
  if (!(weight >= 0 && weight <= 1)) throw invalid(field, `${weight} must be from 0 to 1`);
}
