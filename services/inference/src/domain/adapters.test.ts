import { describe, expect, it } from 'vitest';
import { type Adapter, adapterPlan, neededAdapters } from './adapters.ts';
import { firstRevision, nextRevision, type Revision } from './revision.ts';
import { newSociety, type Society } from './society.ts';

const CREATED = '2026-01-01T00:00:00.000Z';

function sha(letter: string): string {
  return letter.repeat(64);
}

/** A society whose revision r has the adapter of the r-th letter on gen-1. */
function history(name: string, letters: string, current: number) {
  let society: Society = newSociety({ name, base: 'base', agents: 1 }, CREATED);
  const revisions: Revision[] = [firstRevision(society)];
  for (const letter of letters) {
    const change = { seat: 'gen-1', adapterUri: 'artifact:a', adapterSha256: sha(letter) };
    const next = nextRevision(society, revisions[0] as Revision, [change], CREATED);
    revisions.push(next);
    society = { ...society, latest: next.number };
  }
  society = { ...society, current, newestPromoted: current };
  return { society, revisions };
}

function lettersOf(adapters: Adapter[]): string {
  return adapters.map(({ sha256 }) => sha256[0]).join('');
}

describe('neededAdapters', () => {
  it('needs the current revision first, then those in use, then the latest candidate', () => {
    const uses: Record<number, number> = { 2: 10, 3: 20 };
    const needed = neededAdapters([history('team', 'abcde', 4)], (_, number) => uses[number]);
    expect(lettersOf(needed)).toBe('cbae');
    expect(needed.map(({ current }) => current)).toEqual([true, false, false, false]);
  });

  it('needs the current ones of all societies before anything else', () => {
    const societies = [history('one', 'ab', 2), history('two', 'cd', 2)];
    expect(lettersOf(neededAdapters(societies, () => undefined))).toBe('acbd');
  });

  it('needs nothing of broken or retired revisions', () => {
    const team = history('team', 'abc', 3);
    const [, , , last] = team.revisions;
    if (last) last.broken = 'it changes nothing';
    expect(lettersOf(neededAdapters([team], () => undefined))).toBe('b');
  });
});

describe('adapterPlan', () => {
  const name = (letter: string) => `team.gen-1.${letter.repeat(12)}`;
  const adapter = (letter: string, current = false): Adapter => ({
    name: name(letter),
    base: 'base',
    uri: 'artifact:a',
    sha256: sha(letter),
    current,
    verified: true,
  });
  const uses: Record<string, number> = { [name('d')]: 5, [name('e')]: 3, [name('f')]: 9 };
  function plan(needed: Adapter[], held: string[], room: number, busy: string[] = []) {
    return adapterPlan(
      needed,
      held,
      room,
      (one) => uses[one] ?? 0,
      (one) => busy.includes(one),
    );
  }

  it('loads what is missing and unloads nothing while there is room', () => {
    const { load, unload } = plan([adapter('a'), adapter('b')], [name('a'), name('d')], 3);
    expect({ load: lettersOf(load), unload }).toEqual({ load: 'b', unload: [] });
  });

  it('makes room by what was used longest ago', () => {
    const held = [name('d'), name('e'), name('f')];
    const { load, unload } = plan([adapter('a'), adapter('b')], held, 3);
    expect({ load: lettersOf(load), unload }).toEqual({
      load: 'ab',
      unload: [name('e'), name('d')],
    });
  });

  it('unloads nothing that is busy, needed or not Parley’s, and loads no more than fits', () => {
    const held = [name('d'), name('a'), 'someone-elses'];
    const needed = [adapter('a'), adapter('b'), adapter('c')];
    expect(plan(needed, held, 3, [name('d')])).toEqual({ unload: [], load: [] });
    const { load, unload } = plan(needed, held, 3);
    expect({ load: lettersOf(load), unload }).toEqual({ load: 'b', unload: [name('d')] });
  });

  it('never unloads what sits in a current revision', () => {
    const needed = [adapter('a', true), adapter('b', true), adapter('c', true)];
    const { unload } = plan(needed, [name('c'), name('b')], 1);
    expect(unload).toEqual([]);
  });
});
