import { ADAPTER_CASES } from './cases-adapters.ts';
import { CHAT_CASES } from './cases-chat.ts';
import { REFUSAL_CASES } from './cases-refusals.ts';
import { SERVER_CASES } from './cases-server.ts';
import type { WireCase } from './wire-case.ts';

/** Everything that is asked of an engine, in the order in which it is asked. */
export const CASES: readonly WireCase[] = [
  ...SERVER_CASES,
  ...CHAT_CASES,
  ...REFUSAL_CASES,
  ...ADAPTER_CASES,
];
