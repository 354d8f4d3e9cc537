import { Counter, Gauge, Histogram, type Registry, sample } from '@parley/platform';
import type { DebateRecord } from './domain/record.ts';
import { PRIORITIES, type Priority } from './domain/spec.ts';
import { type Turn, usageOf } from './domain/turn.ts';

/** What the service counts. */
export type DebateMetrics = {
  /** A debate has ended. */
  ended(record: DebateRecord): void;
  /** Turns were recorded. */
  turns(turns: readonly Turn[]): void;
};

/** Where gauges get their values from when they are read. */
export type MetricSources = {
  running(priority: Priority): number;
  queued(priority: Priority): Promise<number>;
};

/** Registers the metrics `parley_debate…` and `parley_turns_total`. */
export function debateMetrics(registry: Registry, sources: MetricSources): DebateMetrics {
  const registers = [registry];
  const debates = new Counter({
    name: 'parley_debates_total',
    help: 'Debates that have ended',
    labelNames: ['status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'parley_debate_seconds',
    help: 'Seconds from the acceptance of a debate to its end',
    labelNames: ['priority'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
    registers,
  });
  const tokens = new Counter({
    name: 'parley_debate_tokens_total',
    help: 'Tokens that recorded turns took',
    labelNames: ['kind'],
    registers,
  });
  const turnCount = new Counter({
    name: 'parley_turns_total',
    help: 'Recorded turns',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  new Gauge({
    name: 'parley_debates_running',
    help: 'Debates that this replica runs',
    labelNames: ['priority'],
    registers,
    collect() {
      for (const priority of PRIORITIES) this.set({ priority }, sources.running(priority));
    },
  });
  new Gauge({
    name: 'parley_debate_queue_depth',
    help: 'Debates that wait to be run',
    labelNames: ['priority'],
    registers,
    async collect() {
      await sample(this, async () => {
        for (const priority of PRIORITIES) this.set({ priority }, await sources.queued(priority));
      });
    },
  });
  return {
    ended(record) {
      debates.inc({ status: record.status });
      seconds.observe(
        { priority: record.spec.priority },
        (record.endedAt - record.createdAt) / 1000,
      );
    },
    turns(turns) {
      const { promptTokens, completionTokens } = usageOf(turns);
      tokens.inc({ kind: 'prompt' }, promptTokens);
      tokens.inc({ kind: 'completion' }, completionTokens);
      for (const { kind, failure } of turns)
        turnCount.inc({ kind, outcome: failure === '' ? 'ok' : 'failed' });
    },
  };
}
