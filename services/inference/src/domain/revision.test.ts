import { describe, expect, it } from 'vitest';
import {
  type AgentChange,
  firstRevision,
  nextRevision,
  promoted,
  type RevisionStatus,
  revisionStatus,
} from './revision.ts';
import { newSociety } from './society.ts';

const CREATED = '2026-01-01T00:00:00.000Z';
const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const society = newSociety({ name: 'team', base: 'base', agents: 2 }, CREATED);
const first = firstRevision(society);

function adapter(seat: string, sha256: string): AgentChange {
  return { seat, adapterUri: `artifact:adapters/${sha256}`, adapterSha256: sha256 };
}

describe('firstRevision', () => {
  it('has the base model on every seat', () => {
    expect(first.agents.map(({ seat, servedName }) => [seat, servedName])).toEqual([
      ['gen-1', 'base'],
      ['gen-2', 'base'],
      ['critic-1', 'base'],
      ['critic-2', 'base'],
    ]);
    expect(first).toMatchObject({ number: 1, broken: '', verified: true });
  });
});

describe('nextRevision', () => {
  it('changes some seats and keeps the others', () => {
    const next = nextRevision(society, first, [adapter('gen-2', A)], CREATED);
    expect(next).toMatchObject({ number: 2, verified: false });
    expect(next.agents.map(({ servedName }) => servedName)).toEqual([
      'base',
      `team.gen-2.${'a'.repeat(12)}`,
      'base',
      'base',
    ]);
  });

  it('gives an adapter on several seats one name', () => {
    const changes = [adapter('critic-2', A), adapter('gen-1', A), adapter('gen-2', B)];
    const next = nextRevision(society, first, changes, CREATED);
    const names = Object.fromEntries(next.agents.map(({ seat, servedName }) => [seat, servedName]));
    expect(names).toMatchObject({
      'gen-1': `team.critic-2.${'a'.repeat(12)}`,
      'critic-2': `team.critic-2.${'a'.repeat(12)}`,
      'gen-2': `team.gen-2.${'b'.repeat(12)}`,
    });
  });

  it('lets an adapter that moves keep its name', () => {
    const second = nextRevision(society, first, [adapter('gen-1', A)], CREATED);
    const third = nextRevision({ ...society, latest: 2 }, second, [adapter('gen-2', A)], CREATED);
    expect(third.number).toBe(3);
    expect(third.agents[1]?.servedName).toBe(`team.gen-1.${'a'.repeat(12)}`);
  });

  it('can put the base model back', () => {
    const second = nextRevision(society, first, [adapter('gen-1', A)], CREATED);
    const third = nextRevision(society, second, [{ seat: 'gen-1' }], CREATED);
    expect(third.agents[0]).toMatchObject({ servedName: 'base', adapterSha256: '' });
    expect(third.verified).toBe(true);
  });

  it.each<[string, AgentChange[]]>([
    ['agents', []],
    ['agents[0].seat', [{ seat: 'gen-3' }]],
    ['agents[1].seat', [{ seat: 'gen-1' }, { seat: 'gen-1' }]],
    ['agents[0].base', [{ seat: 'gen-1', base: 'other' }]],
    ['agents[0].adapterUri', [{ seat: 'gen-1', adapterSha256: A }]],
    ['agents[0].adapterUri', [{ ...adapter('gen-1', A), adapterUri: 'file:/a' }]],
    ['agents[0].adapterSha256', [{ seat: 'gen-1', adapterUri: 'artifact:a' }]],
    ['agents[0].adapterSha256', [adapter('gen-1', 'A'.repeat(64))]],
    ['agents[0].datasetSha256', [{ ...adapter('gen-1', A), datasetSha256: 'x' }]],
  ])('refuses a bad %s, naming it', (field, changes) => {
    expect(() => nextRevision(society, first, changes, CREATED)).toThrow(
      expect.objectContaining({ reason: 'INVALID_ARGUMENT', field }),
    );
  });
});

describe('revisionStatus', () => {
  it.each<[string, number, number, Record<number, RevisionStatus>]>([
    ['at first', 1, 1, { 1: 'current', 2: 'candidate', 3: 'candidate' }],
    ['after a promotion', 2, 2, { 1: 'retired', 2: 'current', 3: 'candidate' }],
    ['when one was passed over', 3, 3, { 1: 'retired', 2: 'retired', 3: 'current' }],
    ['after a rollback', 1, 3, { 1: 'current', 2: 'retired', 3: 'retired', 4: 'candidate' }],
  ])('tells what a revision is %s', (_, current, newestPromoted, statuses) => {
    for (const [number, status] of Object.entries(statuses))
      expect(revisionStatus(Number(number), { current, newestPromoted })).toBe(status);
  });
});

describe('promoted', () => {
  it('makes a revision current, and an older one again', () => {
    const forward = promoted(society, { ...first, number: 4 });
    expect(forward).toMatchObject({ current: 4, newestPromoted: 4 });
    expect(promoted(forward, first)).toMatchObject({ current: 1, newestPromoted: 4 });
  });

  it('refuses a broken revision, saying why', () => {
    expect(() => promoted(society, { ...first, broken: 'it changes nothing' })).toThrow(
      expect.objectContaining({
        reason: 'FAILED_PRECONDITION',
        message: expect.stringContaining('it changes nothing'),
      }),
    );
  });
});
