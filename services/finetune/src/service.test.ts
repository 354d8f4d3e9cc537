import { afterEach, describe, expect, it } from 'vitest';
import { BODY, createWorld, ended, type World } from './testing/world.ts';

let world: World;
afterEach(() => world.close());

describe('the finetune service', () => {
  it('measures cycles, phases and jobs', async () => {
    world = await createWorld({ rows: (seat) => (seat === 'gen-1' ? 0 : 3) });
    const replica = await world.replica();
    await replica.request('POST', '/v1/cycles', { ...BODY, iterations: 1 });
    await ended(replica);
    const text = await replica.host.metrics.metrics();
    for (const line of [
      'parley_cycles{status="completed"} 1',
      'parley_cycles{status="running"} 0',
      'parley_training_jobs_total{outcome="succeeded"} 3',
      'parley_training_jobs_total{outcome="skipped"} 1',
      'parley_cycle_phase_seconds_count{phase="training"} 1',
      'parley_cycle_phase_seconds_count{phase="evaluating"} 2',
    ])
      expect(text).toContain(line);
  });

  it('is ready while it runs, and stops more than once', async () => {
    world = await createWorld();
    const replica = await world.replica();
    const { admin } = await replica.listen();
    expect(await (await fetch(`${admin}/readyz`)).json()).toEqual({
      status: 'ok',
      failures: {},
      missed: {},
    });
    await replica.close();
    await replica.close();
  });

  it('goes on with a cycle that another replica handed back', async () => {
    const { promise: free, resolve: release } = Promise.withResolvers<void>();
    world = await createWorld({ hold: () => free });
    const first = await world.replica();
    await first.request('POST', '/v1/cycles', { ...BODY, iterations: 1 });
    await first.close();
    const second = await world.replica();
    release();
    expect(await ended(second)).toMatchObject({ status: 'completed' });
  });

  it('describes its routes', async () => {
    world = await createWorld();
    const replica = await world.replica();
    const { body } = await replica.request('GET', '/openapi.json');
    expect(Object.keys(body.paths as object).sort()).toEqual([
      '/v1/cycles',
      '/v1/cycles/{name}',
      '/v1/cycles/{name}/cancel',
      '/v1/cycles/{name}/events',
      '/v1/cycles/{name}/pause',
      '/v1/cycles/{name}/resume',
      '/v1/evaluations',
      '/v1/evaluations/{cycle}/{iteration}',
    ]);
  });
});
