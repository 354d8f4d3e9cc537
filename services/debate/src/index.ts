export { DEBATE_SETTINGS, type DebateConfig, envToDebateConfig } from './config.ts';
export type { DebateOverrides, InferenceClient, VotingClient } from './context.ts';
export type { Transcript } from './domain/transcript.ts';
export { conversation } from './domain/turn.ts';
export { createDebate } from './service.ts';
