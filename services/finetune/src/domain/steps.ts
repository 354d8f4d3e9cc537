/** The steps of one iteration, in order. Iteration 0 begins at `requestEvaluation`. */
export const STEPS = [
  'requestTraining',
  'awaitTraining',
  'seal',
  'train',
  'register',
  'requestEvaluation',
  'awaitEvaluation',
  'evaluate',
  'gate',
  'conclude',
] as const;

export type Step = (typeof STEPS)[number];

/** What callers see of where a cycle stands. */
export const PHASES = [
  'debating',
  'sealing',
  'training',
  'registering',
  'evaluating',
  'gating',
  'ended',
] as const;

export type Phase = (typeof PHASES)[number];

/** The phase that a step belongs to. */
export const PHASE_OF: Record<Step, Exclude<Phase, 'ended'>> = {
  requestTraining: 'debating',
  awaitTraining: 'debating',
  seal: 'sealing',
  train: 'training',
  register: 'registering',
  requestEvaluation: 'evaluating',
  awaitEvaluation: 'evaluating',
  evaluate: 'evaluating',
  gate: 'gating',
  conclude: 'gating',
};

/** Where an iteration begins. */
export function firstStep(iteration: number): Step {
  return iteration === 0 ? 'requestEvaluation' : 'requestTraining';
}
