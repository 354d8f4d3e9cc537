import { invalid } from '@parley/platform';
import type { GenerateCall, GenerateRequest, Message } from '@parley/proto/inference';
import type { ChatMessage } from '../domain/coalesce.ts';
import { PRIORITIES, type Priority } from '../domain/lane.ts';
import type { AgentVersion, Revision } from '../domain/revision.ts';
import { checkSampling } from '../domain/sampling.ts';
import type { Society } from '../domain/society.ts';
import type { GenerationCall } from '../generation.ts';
import { readSampling } from './convert.ts';

const MAX_CALLS = 256;
const MAX_MESSAGES = 256;
const MAX_ID = 128;
const ROLES = new Set(['system', 'user', 'assistant']);

/** What a call addresses to speak to the untrained base model. */
const BASE = 'base';

/** @throws ParleyError INVALID_ARGUMENT. Empty is interactive. */
export function readPriority(priority: string): Priority {
  if (priority === '') return 'interactive';
  const known = PRIORITIES.find((one) => one === priority);
  if (known === undefined)
    throw invalid('priority', `'${priority.slice(0, 80)}' must be interactive or batch`);
  return known;
}

/**
 * The calls of a request, for the seats of a revision.
 * @throws ParleyError INVALID_ARGUMENT naming the call and the field, and what would be right.
 */
export function readCalls(
  request: GenerateRequest,
  society: Society,
  revision: Revision,
): GenerationCall[] {
  const { calls } = request;
  if (calls.length === 0 || calls.length > MAX_CALLS)
    throw invalid('calls', `${calls.length} calls; give 1 to ${MAX_CALLS}`);
  const ids = new Set<string>();
  return calls.map((call, index) => {
    const field = `calls[${index}]`;
    if (call.id === '' || call.id.length > MAX_ID)
      throw invalid(`${field}.id`, `must have 1 to ${MAX_ID} characters`);
    if (ids.has(call.id))
      throw invalid(`${field}.id`, `${call.id} is given twice; ids are unique within a request`);
    ids.add(call.id);
    return readCall(call, society, revision, field);
  });
}

function readCall(
  call: GenerateCall,
  society: Society,
  revision: Revision,
  field: string,
): GenerationCall {
  const { servedName, adapterSha256 } = agentOn(call.seat, society, revision, `${field}.seat`);
  const sampling = call.sampling ? readSampling(call.sampling) : society.protocol.sampling;
  return {
    id: call.id,
    model: servedName,
    adapterSha256,
    messages: readMessages(call.messages, `${field}.messages`),
    sampling: checkSampling(sampling, `${field}.sampling`),
    seed: readSeed(call.seed, `${field}.seed`),
    deltas: call.deltas,
  };
}

/**
 * Who sits on a seat of a revision.
 * @throws ParleyError INVALID_ARGUMENT when there is no such seat.
 */
export function agentOn(
  seat: string,
  society: Society,
  revision: Revision,
  field: string,
): Pick<AgentVersion, 'servedName' | 'adapterSha256'> {
  if (seat === BASE) return { servedName: society.base, adapterSha256: '' };
  const agent = revision.agents.find((one) => one.seat === seat);
  if (agent === undefined)
    throw invalid(
      field,
      `'${seat.slice(0, 80)}' must be ${BASE}, gen-1 to gen-${society.agents} or critic-1 to critic-${society.agents} of ${society.name}`,
    );
  return agent;
}

/** @throws ParleyError INVALID_ARGUMENT */
export function readMessages(messages: readonly Message[], field: string): ChatMessage[] {
  if (messages.length === 0 || messages.length > MAX_MESSAGES)
    throw invalid(field, `${messages.length} messages; give 1 to ${MAX_MESSAGES}`);
  return messages.map(({ role, content }, index) => {
    if (!ROLES.has(role))
      throw invalid(
        `${field}[${index}].role`,
        `'${role.slice(0, 80)}' must be system, user or assistant`,
      );
    return { role: role as ChatMessage['role'], content };
  });
}

function readSeed(seed: bigint, field: string): number {
  if (seed > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalid(field, `${seed} must be at most ${Number.MAX_SAFE_INTEGER}`);
  return Number(seed);
}
