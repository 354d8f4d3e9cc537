import { afterAll, beforeAll, describe } from 'vitest';
import { cancellation } from './cancellation.ts';
import { cycle } from './cycle.ts';
import { prefixes } from './prefixes.ts';
import { training } from './training.ts';
import { wire } from './wire.ts';
import { startWorld, type World } from './world.ts';

/** What needs a real language model, on engines that are started once. */
describe('with a real language model on two real engines', () => {
  let started: World | undefined;
  const world = () => {
    if (!started) throw new Error('the engines were not started');
    return started;
  };
  beforeAll(async () => {
    started = await startWorld();
  }, 1_200_000);
  afterAll(() => started?.close());

  describe('cancelling', () => cancellation(world));
  describe('prefixes', () => prefixes(world));
  describe('a cycle of two iterations with the real trainer, in which an engine is killed', () =>
    cycle(world));
  describe('training', () => training(world));
  describe('the development engine', () => wire(world));
});
