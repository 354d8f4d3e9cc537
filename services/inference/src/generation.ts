import { ParleyError } from '@parley/platform';
import { withinContext } from './adapters/context-limit.ts';
import type { Engine } from './adapters/engine.ts';
import type { Dispatcher } from './dispatcher.ts';
import { affinityKey } from './domain/affinity.ts';
import { type CallGroup, coalesce, type ModelCall } from './domain/coalesce.ts';
import type { Priority } from './domain/lane.ts';
import type { GenerationMetrics } from './metrics.ts';

/** A completion that is asked for, by its id within the request. */
export type GenerationCall = ModelCall & {
  id: string;
  /** Digest of the model's adapter, or empty. */
  adapterSha256: string;
  /** Whether pieces of the text are wanted as they come. */
  deltas: boolean;
};

/** A completion and what made it. */
export type Completion = {
  call: GenerationCall;
  text: string;
  finishReason: 'stop' | 'length';
  engine: string;
  engineVersion: string;
  promptTokens: number;
  completionTokens: number;
  latencyMs: number;
  /** How many calls shared the upstream call. */
  coalesced: number;
  attempts: number;
};

/** Where results go as they come. Every call ends in one completion or one failure. */
export type GenerationSink = {
  delta(call: GenerationCall, text: string): void;
  /** Those of one upstream call together. */
  completed(completions: Completion[]): void;
  failed(calls: readonly GenerationCall[], error: ParleyError): void;
};

/** Choices of one upstream call at most; a society has no more agents. */
const MAX_CHOICES = 16;

/**
 * Makes calls of any models, all at once as far as engines take them.
 * @param maxInFlight sequences that an engine takes at once.
 * @returns a promise that resolves when every call has ended; when the signal aborts, calls end unreported.
 * @throws ParleyError OVERLOADED, before anything is made, when there is no room for all of them.
 */
export function generate(
  calls: readonly GenerationCall[],
  sink: GenerationSink,
  options: {
    dispatcher: Dispatcher;
    metrics: GenerationMetrics;
    priority: Priority;
    maxInFlight: number;
    signal: AbortSignal;
  },
): Promise<unknown> {
  const { dispatcher, metrics, priority, signal } = options;
  dispatcher.checkRoom(calls.length);

  async function run({ calls: group }: CallGroup<GenerationCall>): Promise<void> {
    const [{ model, messages, sampling, seed }] = group;
    const n = group.length;
    let hasBegun = false;
    const onText = (choice: number, text: string) => {
      hasBegun = true;
      const call = group[choice];
      if (call?.deltas) sink.delta(call, text);
    };
    const wantsDeltas = group.some(({ deltas }) => deltas);
    try {
      const done = await dispatcher.run({
        model,
        n,
        affinity: affinityKey(model, messages),
        priority,
        signal,
        hasBegun: () => hasBegun,
        perform: (on) =>
          withinContext(on, { model, messages, maxTokens: sampling.maxTokens, signal }, () =>
            on.client.chat(
              { model, messages, sampling, seed, n, names: namesOf(model, on.models) },
              signal,
              wantsDeltas ? onText : undefined,
            ),
          ),
      });
      const { value, engine, attempts, latencyMs } = done;
      const completions = group.map((call, index): Completion => {
        const { text, finishReason, tokens } = value.choices[index] as (typeof value.choices)[0];
        return {
          call,
          text,
          finishReason,
          engine: engine.url,
          engineVersion: engine.version,
          promptTokens: value.promptTokens,
          completionTokens: tokens,
          latencyMs,
          coalesced: n,
          attempts,
        };
      });
      metrics.completed(priority, completions);
      sink.completed(completions);
    } catch (thrown) {
      const error = ParleyError.from(thrown);
      metrics.failed(priority, n, signal.aborted ? 'cancelled' : 'failed');
      if (!signal.aborted) sink.failed(group, error);
    }
  }

  return Promise.all(coalesce(calls, Math.min(MAX_CHOICES, options.maxInFlight)).map(run));
}

/** vLLM answers in the name that was asked for, but always in the first of its base model's names. */
function namesOf(model: string, models: Engine['models']): string[] {
  if (models.get(model)?.adapter !== false) return [model];
  return models
    .values()
    .filter(({ adapter }) => !adapter)
    .map(({ name }) => name)
    .toArray();
}
