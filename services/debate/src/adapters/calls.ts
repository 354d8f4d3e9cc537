import { setMaxListeners } from 'node:events';
import { type GrpcClient, isReason, ParleyError, type TraceId } from '@parley/platform';
import type { Completion, InferenceService } from '@parley/proto/inference';
import type { Call } from '../domain/calls.ts';
import type { DebateSpec } from '../domain/spec.ts';
import type { Turn } from '../domain/turn.ts';
import { isOutage, retryDelay, TRIES } from './retry.ts';

/** The inference client, as far as debates need it. */
export type Generator = Pick<GrpcClient<typeof InferenceService>, 'generate'>;

export type CallsOptions = {
  inference: Generator;
  spec: DebateSpec;
  trace: TraceId;
  /** Rejects when the debate is no longer held; asked before a call is made again. */
  confirm(): Promise<void>;
  /** Milliseconds that a call may wait for an inference that is overloaded or away. */
  outageMs: number;
};

const GENERATE_DEADLINE_MS = 600_000;
const FAILURE_LENGTH = 1_000;

type Open = { call: Call; tries: number; outageSince: number | undefined };

/**
 * The calls of one debate that are being made. A call leaves as a turn: with its text, or with its failure
 * when it was tried often enough or cannot succeed. Calls to be repeated go out together.
 */
export class Calls {
  readonly #options: CallsOptions;
  readonly #abort = new AbortController();
  readonly #open = new Set<string>();
  #ended: Turn[] = [];
  #repeat: Open[] = [];
  #repeatTimer: NodeJS.Timeout | undefined;
  #woken = false;
  #waiting: (() => void) | undefined;
  #draining = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    setMaxListeners(0, this.#abort.signal);
  }

  /** Ids of the calls that have not left yet. */
  get inFlight(): ReadonlySet<string> {
    return this.#open;
  }

  /** Makes calls, all in one request. */
  launch(calls: Call[]): void {
    const opened = calls.map((call): Open => ({ call, tries: 1, outageSince: undefined }));
    for (const { call } of opened) this.#open.add(call.id);
    void this.#generate(opened);
  }

  /**
   * Waits until a call has ended, or until `wake`; then for what else arrives in this turn of the event
   * loop and the next, since results that were sent together come apart on the way.
   */
  async settled(): Promise<void> {
    if (this.#ended.length === 0 && !this.#woken)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    this.#woken = false;
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends a wait for calls. */
  wake(): void {
    this.#woken = true;
    this.#waiting?.();
    this.#waiting = undefined;
  }

  /** The turns of the calls that have ended since the last time, in the order of their end. */
  take(): Turn[] {
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }

  /** Makes no call again: what waits for that is no longer in flight. */
  drain(): void {
    this.#draining = true;
    clearTimeout(this.#repeatTimer);
    for (const { call } of this.#repeat.splice(0)) this.#open.delete(call.id);
    this.wake();
  }

  /** Ends all calls; what they were doing is lost. */
  close(): void {
    clearTimeout(this.#repeatTimer);
    if (this.#open.size === 0 || this.#abort.signal.aborted) return;
    this.#abort.abort(new ParleyError('CANCELLED', 'the debate no longer waits for this call'));
  }

  async #generate(opened: Open[]): Promise<void> {
    const { inference, spec, trace } = this.#options;
    const pending = new Map(opened.map((one) => [one.call.id, one]));
    const started = performance.now();
    let silentSince: number | undefined;
    let failure: ParleyError | undefined;
    try {
      const results = inference.generate(
        {
          society: spec.society,
          revision: spec.revision,
          priority: spec.priority,
          calls: opened.map(({ call }) => ({
            id: call.id,
            seat: call.seat,
            messages: call.messages,
            sampling: call.sampling,
            seed: BigInt(call.seed),
          })),
        },
        { deadlineMs: GENERATE_DEADLINE_MS, signal: this.#abort.signal, trace },
      );
      for await (const { result } of results) {
        if (result.case !== 'completion' && result.case !== 'failure') continue;
        const one = pending.get(result.value.callId);
        if (!one) continue;
        pending.delete(result.value.callId);
        if (result.case === 'completion') this.#end(one, completed(one.call, result.value));
        else {
          const { reason, message, retryable } = result.value;
          const known = isReason(reason) ? reason : 'ENGINE_FAILED';
          this.#trouble(one, new ParleyError(known, message, { retryable }));
        }
      }
    } catch (thrown) {
      const error = ParleyError.from(thrown);
      if (error.reason === 'DEADLINE_EXCEEDED') silentSince = started;
      failure = broken(error);
    }
    if (this.#abort.signal.aborted || pending.size === 0) return;
    failure ??= new ParleyError('UNAVAILABLE', 'inference ended its answer before this call');
    for (const one of pending.values()) {
      one.outageSince ??= silentSince;
      this.#trouble(one, failure);
    }
  }

  /** A debate that was lost meanwhile is ended by its signal. */
  async #repeatAll(): Promise<void> {
    const confirmed = await this.#options.confirm().then(
      () => true,
      () => false,
    );
    if (confirmed && this.#repeat.length > 0) await this.#generate(this.#repeat.splice(0));
  }

  #end(one: Open, turn: Turn): void {
    this.#open.delete(one.call.id);
    this.#ended.push(turn);
    this.wake();
  }

  #trouble(one: Open, error: ParleyError): void {
    const now = performance.now();
    let again = error.retryable;
    if (again && isOutage(error)) {
      one.outageSince ??= now;
      again = now - one.outageSince < this.#options.outageMs;
    } else if (again) {
      again = one.tries < TRIES;
      one.tries += 1;
    }
    if (!again) {
      this.#end(one, failed(one.call, error));
      return;
    }
    if (this.#draining) {
      this.#open.delete(one.call.id);
      this.wake();
      return;
    }
    this.#repeat.push(one);
    const waited = one.outageSince === undefined ? 0 : now - one.outageSince;
    this.#repeatTimer ??= setTimeout(
      () => {
        this.#repeatTimer = undefined;
        void this.#repeatAll();
      },
      retryDelay(error, one.tries, waited),
    );
  }
}

/** What broke a whole request. A server that stopped or was silent is away; one that failed may do better. */
function broken(error: ParleyError): ParleyError {
  if (error.reason === 'CANCELLED' || error.reason === 'DEADLINE_EXCEEDED')
    return new ParleyError('UNAVAILABLE', `inference: ${error.message}`, { cause: error });
  if (error.reason === 'INTERNAL')
    return new ParleyError('INTERNAL', `inference: ${error.message}`, {
      cause: error,
      retryable: true,
    });
  return error;
}

function completed(call: Call, completion: Completion): Turn {
  return {
    ...asked(call),
    text: completion.text,
    failure: '',
    servedName: completion.servedName,
    adapterSha256: completion.adapterSha256,
    engine: completion.engine,
    promptTokens: completion.promptTokens,
    completionTokens: completion.completionTokens,
    seed: call.seed,
    latencyMs: completion.latencyMs,
  };
}

function failed(call: Call, error: ParleyError): Turn {
  return {
    ...asked(call),
    text: '',
    failure: `${error.reason}: ${error.message}`.slice(0, FAILURE_LENGTH),
    servedName: '',
    adapterSha256: '',
    engine: '',
    promptTokens: 0,
    completionTokens: 0,
    seed: call.seed,
    latencyMs: 0,
  };
}

function asked({ kind, round, position, seat, messages }: Call) {
  return { kind, round, position, seat, prompt: messages.at(-1)?.content ?? '' };
}
