import type { Static } from 'typebox';
import { type Engine, troubleOf } from '../adapters/engine.ts';
import { type Revision, revisionStatus } from '../domain/revision.ts';
import { promptsOf, type Society } from '../domain/society.ts';
import type { EngineList, ListedSociety, RevisionView, SocietyView } from './schemas.ts';

export function societyView(society: Society): Static<typeof SocietyView> {
  const { name, base, agents, protocol, current, latest, createdAt } = society;
  return {
    name,
    base,
    agents,
    protocol: { ...protocol, prompts: promptsOf(society) },
    currentRevision: current,
    latestRevision: latest,
    createdAt,
  };
}

/** A society as one of many: of its prompts, the version alone. */
export function listedSociety(society: Society): Static<typeof ListedSociety> {
  const { version } = promptsOf(society);
  return { ...societyView(society), protocol: { ...society.protocol, prompts: { version } } };
}

export function revisionView(revision: Revision, society: Society): Static<typeof RevisionView> {
  const { number, broken, createdAt, agents } = revision;
  const status = revisionStatus(number, society);
  return { society: society.name, number, status, broken, createdAt, agents };
}

export function engineView(
  engine: Engine,
  adaptersMissing: number,
): Static<typeof EngineList>['engines'][number] {
  const { url, up, breaker, version, inFlight, target, models, report } = engine;
  const maxModelLength = [...models.values()].find(({ adapter }) => !adapter)?.maxModelLength;
  return {
    url,
    status: up ? 'up' : 'down',
    breaker: breaker.state,
    version,
    inFlight,
    target,
    ...(report === undefined
      ? {}
      : {
          running: report.running,
          waiting: report.waiting,
          kvCacheUsage: report.kvCacheUsage,
        }),
    models: [...models.keys()],
    adaptersMissing,
    ...(maxModelLength === undefined ? {} : { maxModelLength }),
    lastError: troubleOf(engine),
  };
}
