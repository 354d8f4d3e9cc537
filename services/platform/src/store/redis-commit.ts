import { invalid, ParleyError } from '../errors.ts';
import { type Committed, type Operation, OUTBOX_QUEUE } from './port.ts';
import type { RedisRequest } from './redis-command.ts';
import { COMMIT } from './redis-commit-script.ts';
import { type RedisKeys, SHARDS, shardOf, shardOwner } from './redis-keys.ts';

/** What the script answers: done, done with leases or available work, or refused. */
export type CommitReply =
  | 1
  | [(number | string)[], string[]]
  | ['version' | 'held', number, number];

/** A commit as the script reads it, and what is needed to understand its answer. */
export type EncodedCommit = {
  request: RedisRequest;
  /** The operations whose checks the script makes, in that order. */
  checked: Operation[];
  /** The keys of the streams appended to. */
  streams: Set<string>;
  /** The shard in whose outbox events were put, if any were. */
  emitted: string | undefined;
};

/**
 * Encodes a commit. Values are taken as they are now.
 * @throws ParleyError INVALID_ARGUMENT for a value that JSON cannot carry, or a rank that is no number.
 */
export function encodeCommit(
  keys: RedisKeys,
  origin: string,
  owner: string,
  operations: Operation[],
): EncodedCommit {
  const shard = shardOf(owner);
  const names: string[] = [];
  const positions = new Map<string, string>();
  const checked: Operation[] = [];
  const checks: string[] = [];
  const actions: (string | Buffer)[] = [];
  const streams = new Set<string>();
  let emitted: string | undefined;

  const key = (name: string): string => {
    let position = positions.get(name);
    if (position === undefined) {
      position = String(names.push(name));
      positions.set(name, position);
    }
    return position;
  };
  const queue = (name: string): string => {
    const waiting = keys.waiting(shard, name);
    const known = positions.get(waiting);
    if (known !== undefined) return known;
    const position = key(waiting);
    names.push(keys.leased(shard, name), keys.holders(shard, name), keys.tokens(shard, name));
    positions.set(keys.holders(shard, name), String(Number(position) + 2));
    return position;
  };

  for (const operation of operations) {
    switch (operation.op) {
      case 'put': {
        const record = key(keys.record(owner, operation.name));
        check(operation, record);
        actions.push('put', record, json(operation.value, operation.name));
        break;
      }
      case 'delete': {
        const record = key(keys.record(owner, operation.name));
        check(operation, record);
        actions.push('delete', record);
        break;
      }
      case 'append': {
        const stream = keys.stream(owner, operation.stream);
        streams.add(stream);
        actions.push('append', key(stream), json(operation.value, operation.stream));
        break;
      }
      case 'expire':
        actions.push('expire', key(keys.stream(owner, operation.stream)), time(operation.at));
        break;
      case 'enqueue': {
        const { id, at, hold } = operation;
        const from = at === undefined ? '' : time(at);
        const position = queue(operation.queue);
        if (hold === undefined) actions.push('enqueue', position, operation.queue, id, from);
        else actions.push('hold', position, operation.queue, id, from, hold.holder, time(hold.ttl));
        break;
      }
      case 'release': {
        const { lease, at } = operation;
        const token = String(lease.token);
        const position = queue(lease.queue);
        checked.push(operation);
        checks.push('held', key(keys.holders(shard, lease.queue)), lease.id, token);
        actions.push('release', position, lease.queue, lease.id, token);
        actions.push(at === undefined ? '' : time(at));
        break;
      }
      case 'dequeue':
        actions.push('dequeue', queue(operation.queue), operation.id);
        break;
      case 'guard': {
        const { lease } = operation;
        checked.push(operation);
        checks.push('held', key(keys.holders(shard, lease.queue)), lease.id, String(lease.token));
        break;
      }
      case 'index': {
        const { member, rank } = operation;
        if (!Number.isFinite(rank))
          throw invalid('rank', `of ${member} in ${operation.index} must be a finite number`);
        actions.push('index', key(keys.index(shard, operation.index)), member, String(rank));
        break;
      }
      case 'unindex':
        actions.push('unindex', key(keys.index(shard, operation.index)), operation.member);
        break;
      case 'emit': {
        const { data, ...attributes } = operation.event;
        const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        actions.push('emit', key(keys.outbox(shard)), JSON.stringify(attributes), bytes);
        emitted = shardOwner(shard);
        break;
      }
      default:
        operation satisfies never;
    }
  }
  if (emitted !== undefined) {
    actions.push('enqueue', queue(OUTBOX_QUEUE), OUTBOX_QUEUE, emitted, '');
    actions.push('announce', emitted);
  }

  function check(operation: Operation & { op: 'put' | 'delete' }, record: string): void {
    if (operation.expect === undefined) return;
    checked.push(operation);
    checks.push('version', record, operation.expect === 'absent' ? '0' : String(operation.expect));
  }

  const header = [origin, keys.news, String(shard), String(SHARDS), String(checked.length)];
  return {
    request: {
      shard,
      command: COMMIT,
      arguments: [String(names.length), ...names, ...header, ...checks, ...actions],
      reads: false,
    },
    checked,
    streams,
    emitted,
  };
}

/**
 * What the script did.
 * @throws ParleyError CONFLICT or LEASE_LOST when it refused.
 */
export function decodeCommit(
  owner: string,
  operations: Operation[],
  checked: Operation[],
  reply: CommitReply,
): Committed & { available: string[] } {
  if (reply === 1) return { leases: [], available: [] };
  if (reply.length === 3) throw refused(owner, checked[reply[1]] as Operation, reply[2]);
  const [given, available] = reply;
  const leases: Committed['leases'] = [];
  for (const operation of operations) {
    if (operation.op !== 'enqueue' || operation.hold === undefined) continue;
    const token = Number(given[leases.length * 2]);
    const expiresAt = Number(given[leases.length * 2 + 1]);
    const { queue, id, hold } = operation;
    leases.push(token === 0 ? undefined : { queue, id, holder: hold.holder, token, expiresAt });
  }
  return { leases, available };
}

function refused(owner: string, operation: Operation, standing: number): ParleyError {
  if (operation.op === 'put' || operation.op === 'delete')
    return new ParleyError(
      'CONFLICT',
      `${owner}/${operation.name} is ${standing === 0 ? 'absent' : `at version ${standing}`}, expected ${operation.expect}`,
    );
  const { lease } = operation as Operation & { op: 'guard' | 'release' };
  return new ParleyError(
    'LEASE_LOST',
    `${lease.holder} no longer holds ${lease.queue}/${lease.id} by token ${lease.token}`,
  );
}

/** Whole milliseconds: what Redis takes for a time. */
function time(at: number): string {
  return String(Math.round(at));
}

function json(value: unknown, name: string): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw invalid(name, 'the value must be JSON');
  return text;
}
