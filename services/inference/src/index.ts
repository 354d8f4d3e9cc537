export { envToInferenceConfig, INFERENCE_SETTINGS, type InferenceConfig } from './config.ts';
export type { InferenceOverrides } from './context.ts';
export type { AgentVersion, Revision, RevisionStatus } from './domain/revision.ts';
export type { Sampling } from './domain/sampling.ts';
export { type Protocol, type Society, seats } from './domain/society.ts';
export { createInference } from './service.ts';
