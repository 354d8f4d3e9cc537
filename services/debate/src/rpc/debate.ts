import { type GrpcServer, invalid, ParleyError } from '@parley/platform';
import { DebateService } from '@parley/proto/debate';
import type { DebateContext } from '../context.ts';
import { batchView } from '../domain/batch.ts';
import { acceptDebate } from '../work/accept.ts';
import { cancelBatch } from '../work/batch-cancel.ts';
import { cancelDebate } from '../work/cancel.ts';
import { listDebates } from '../work/list.ts';
import { getBatch, getRecord, turnsOfDebate } from '../work/stored.ts';
import { watchDebate } from '../work/watch.ts';
import { debateMessage, requestOf, turnMessage } from './messages.ts';

const MAX_PAGE = 1_000;

/** Serves parley.debate.v1.DebateService. */
export function addDebateRpc(server: GrpcServer, context: DebateContext): void {
  server.add(DebateService, {
    async createDebate({ debateId, spec }, { trace }) {
      const id = debateId || undefined;
      const { record } = await acceptDebate(context, requestOf(spec), { id, trace });
      return { debate: debateMessage(record) };
    },

    async getDebate({ id }) {
      const { value: record } = await getRecord(context.store, id);
      const turns = await turnsOfDebate(context, record);
      return { debate: debateMessage(record), turns: turns.map(turnMessage) };
    },

    async listDebates({ pageSize, pageToken }) {
      if (pageSize > MAX_PAGE) throw invalid('page_size', `must be at most ${MAX_PAGE}`);
      const { debates, next } = await listDebates(context.store, pageSize || 50, pageToken);
      return { debates: debates.map(debateMessage), nextPageToken: next ?? '' };
    },

    async *watchDebate({ id, afterSequence }, { signal }) {
      const { value } = await getRecord(context.store, id);
      const { closing } = context;
      const either = AbortSignal.any([signal, closing]);
      for await (const seen of watchDebate(context, value, Number(afterSequence), either)) {
        if (seen.type === 'quiet') continue;
        const sequence = BigInt(seen.sequence);
        if (seen.type === 'turn')
          yield { sequence, entry: { case: 'turn', value: turnMessage(seen.turn) } };
        else return yield { sequence, entry: { case: 'ended', value: debateMessage(seen.record) } };
      }
      if (closing.aborted)
        throw new ParleyError('UNAVAILABLE', 'this replica stops: watch on from the last sequence');
    },

    async cancelDebate({ id }) {
      return { debate: debateMessage(await cancelDebate(context, id)) };
    },

    async getBatch({ id }) {
      return { batch: batchView(id, await getBatch(context.store, id)) };
    },

    async cancelBatch({ id }) {
      return { batch: batchView(id, await cancelBatch(context, id)) };
    },
  });
}
