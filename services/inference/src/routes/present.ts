import type { Static } from 'typebox';
import type { Engine } from '../adapters/engine-pool.ts';
import { type Revision, revisionStatus } from '../domain/revision.ts';
import type { Society } from '../domain/society.ts';
import type { EngineList, RevisionView, SocietyView } from './schemas.ts';

export function societyView(society: Society): Static<typeof SocietyView> {
  const { name, base, agents, protocol, current, latest, createdAt } = society;
  return {
    name,
    base,
    agents,
    protocol,
    currentRevision: current,
    latestRevision: latest,
    createdAt,
  };
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
  const { url, up, version, inFlight, models, lastError } = engine;
  const maxModelLength = [...models.values()].find(({ adapter }) => !adapter)?.maxModelLength;
  return {
    url,
    status: up ? 'up' : 'down',
    version,
    inFlight,
    models: [...models.keys()],
    adaptersMissing,
    ...(maxModelLength === undefined ? {} : { maxModelLength }),
    lastError,
  };
}
