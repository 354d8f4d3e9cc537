import type { Environment } from '@parley/platform';
import { SANDBOX_TRAINING } from '@parley/sandbox';
import { developmentEnvironment } from '../development.ts';
import { startEngine } from '../engine-process.ts';

/** The model that a demo runs on, and what suits it. */
export type DemoModel = {
  /** What it is, for people. */
  description: string;
  /** What its results mean and do not mean, one or two sentences. */
  note: string;
  /** The name under which engines serve it. */
  base: string;
  /** Its society's protocol but for the rounds, as `POST /v1/societies` takes it. */
  protocol: Record<string, unknown>;
  /** The problems that it is asked but for their seed and number, as `POST /v1/problem-sets` takes them. */
  arithmetic: Record<string, unknown>;
  /** The trainer's settings; null: nothing is trained. */
  method: Record<string, unknown> | null;
  /** How services reach its engines and its trainer. */
  environment: Environment;
  close(): Promise<void>;
};

/** Starts the development engine. */
export async function openSandboxModel(): Promise<DemoModel> {
  const engine = await startEngine();
  return {
    description: 'Parley sandbox, a reasoner for development (not a language model)',
    note: 'It is a small trainable reasoner for development: these results say that the machinery works, not what the method does on language models. Nothing about its accuracy is scripted.',
    base: 'base',
    // Nothing is cut off the distribution: with the method's top_p 0.9 this reasoner leaves little to learn.
    protocol: { sampling: { temperature: 1, topP: 1, maxTokens: 1024 } },
    arithmetic: {},
    method: { ...SANDBOX_TRAINING },
    environment: developmentEnvironment(engine),
    close: () => engine.stop(),
  };
}
