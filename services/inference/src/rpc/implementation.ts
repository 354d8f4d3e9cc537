import { invalid, type ServiceImplementation } from '@parley/platform';
import type { InferenceService, ScoreItem as ScoreItemMessage } from '@parley/proto/inference';
import type { InferenceContext } from '../context.ts';
import { refuseBroken } from '../domain/revision.ts';
import { type ScoreItem, score } from '../scoring.ts';
import {
  engineMessage,
  listedSocietyMessage,
  readChange,
  readSociety,
  revisionMessage,
  societyMessage,
} from './convert.ts';
import { generateRound } from './generate.ts';
import { agentOn, readMessages } from './generate-request.ts';

const MAX_SCORES = 4096;
const MAX_TEXTS = 4096;
const MAX_PAGE = 1000;
const DEFAULT_PAGE = 50;
const REQUEST_ID = /^[\x21-\x7e]{1,200}$/;

/** InferenceService over a context. */
export function inferenceImplementation(
  context: InferenceContext,
): ServiceImplementation<typeof InferenceService> {
  const { registry, cache, usage, pool, dispatcher, embeddings } = context;
  return {
    generate: (request, call) => generateRound(context, request, call),

    async score({ society: name, revision: number, seat, items }, { signal }) {
      const { society, revision } = await cache.get(name, number);
      refuseBroken(revision);
      const { servedName } = agentOn(seat, society, revision, 'seat');
      usage.note(revision, [{ model: servedName }]);
      if (items.length === 0 || items.length > MAX_SCORES)
        throw invalid('items', `${items.length} items; give 1 to ${MAX_SCORES}`);
      dispatcher.checkRoom(1);
      const scores = await score(dispatcher, servedName, items.map(readItem), signal);
      return { scores };
    },

    async embed({ texts }, { signal }) {
      if (texts.length === 0 || texts.length > MAX_TEXTS)
        throw invalid('texts', `${texts.length} texts; give 1 to ${MAX_TEXTS}`);
      const vectors = await embeddings.embed(texts, signal);
      return { embeddings: vectors.map((values) => ({ values })) };
    },

    async createSociety(request) {
      const society = await registry.create(readSociety(request));
      await cache.refresh(society.name);
      return { society: societyMessage(society) };
    },

    async getSociety({ name }) {
      const { value } = await registry.society(name);
      return { society: societyMessage(value) };
    },

    async listSocieties({ pageSize, pageToken }) {
      const { societies, next } = await registry.list({
        limit: pageSize === 0 ? DEFAULT_PAGE : Math.min(pageSize, MAX_PAGE),
        ...(pageToken === '' ? {} : { after: pageToken }),
      });
      return { societies: societies.map(listedSocietyMessage), nextPageToken: next ?? '' };
    },

    async addRevision({ society: name, requestId, baseRevision, agents }) {
      if (!REQUEST_ID.test(requestId))
        throw invalid('request_id', 'must be 1 to 200 printable characters without spaces');
      const request = { society: name, requestId, from: baseRevision };
      const added = await registry.addRevision({ ...request, agents: agents.map(readChange) });
      await cache.refresh(name);
      const society = await registry.society(name);
      return { revision: revisionMessage(added, society.value) };
    },

    async getRevision({ society: name, number }) {
      const society = await registry.society(name);
      const wanted = number === 0 ? society.value.current : number;
      const revision = await registry.revision(name, wanted);
      return { revision: revisionMessage(revision.value, society.value) };
    },

    async promoteRevision({ society: name, number }) {
      const society = await registry.promote(name, number);
      await cache.refresh(name);
      return { society: societyMessage(society) };
    },

    async listEngines() {
      return { engines: pool.engines.map(engineMessage), queued: dispatcher.queued() };
    },
  };
}

function readItem({ messages, answer }: ScoreItemMessage, index: number): ScoreItem {
  return { messages: readMessages(messages, `items[${index}].messages`), answer };
}
