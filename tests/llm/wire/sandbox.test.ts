import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from './cases.ts';
import { outdated, readRecorded, recordedNames } from './recorded.ts';
import { judge, runCase } from './run-case.ts';
import { type SandboxSubject, startSandbox } from './sandbox.ts';

let sandbox: SandboxSubject;

beforeAll(async () => {
  sandbox = await startSandbox(readRecorded('models').engine);
});

afterAll(() => sandbox.stop());

describe('the recorded answers of vLLM', () => {
  it('are those to the cases as they are now', () => {
    expect(recordedNames().toSorted()).toEqual(CASES.map(({ name }) => name).toSorted());
    expect(outdated()).toEqual([]);
  });
});

describe('the sandbox answers as vLLM did', () => {
  it.each(
    CASES.filter(({ sandboxDiffers }) => !sandboxDiffers).map((one) => [one.name, one] as const),
  )('%s', async (name, wireCase) => {
    expect(judge(wireCase, readRecorded(name), await runCase(wireCase, sandbox))).toEqual([]);
  });

  it.each(
    CASES.filter(({ sandboxDiffers }) => sandboxDiffers).map((one) => [one.name, one] as const),
  )('but for %s', async (name, wireCase) => {
    expect(judge(wireCase, readRecorded(name), await runCase(wireCase, sandbox))).not.toEqual([]);
  });
});
