import type { MessageInitShape } from '@bufbuild/protobuf';
import type { GivenPrompts } from '@parley/platform';
import type {
  AgentVersion as AgentMessage,
  CreateSocietyRequest,
  EngineSchema,
  GenerateResponseSchema,
  RevisionSchema,
  Sampling as SamplingMessage,
  SocietySchema,
} from '@parley/proto/inference';
import { type Engine, troubleOf } from '../adapters/engine.ts';
import { type AgentChange, type Revision, revisionStatus } from '../domain/revision.ts';
import { DEFAULT_SAMPLING, type Sampling } from '../domain/sampling.ts';
import { promptsOf, type Society, type SocietySpec } from '../domain/society.ts';
import type { Completion } from '../generation.ts';

/** A sampling as it came; zeros that would mean nothing are the default. A temperature of 0 is greedy. */
export function readSampling({ temperature, topP, maxTokens }: SamplingMessage): Sampling {
  return {
    temperature,
    topP: topP === 0 ? DEFAULT_SAMPLING.topP : topP,
    maxTokens: maxTokens === 0 ? DEFAULT_SAMPLING.maxTokens : maxTokens,
  };
}

/** What is to be created; zero and empty take the default, an absent protocol is the method's. */
export function readSociety({ name, base, agents, protocol }: CreateSocietyRequest): SocietySpec {
  const spec: SocietySpec = { name, base, ...(agents === 0 ? {} : { agents }) };
  if (protocol === undefined) return spec;
  const { rounds, summaries, critics, summarizer, sampling, prompts } = protocol;
  return {
    ...spec,
    protocol: {
      summaries,
      critics,
      ...(rounds === 0 ? {} : { rounds }),
      ...(summarizer === '' ? {} : { summarizer }),
      ...(sampling === undefined ? {} : { sampling: readSampling(sampling) }),
      ...(prompts === undefined ? {} : { prompts }),
    },
  };
}

/** A proposed agent version; its served name is not the caller's to choose. */
export function readChange(agent: AgentMessage): AgentChange {
  const { seat, base, adapterUri, adapterSha256, cycle, iteration } = agent;
  return {
    seat,
    adapterUri,
    adapterSha256,
    parentAdapterSha256: agent.parentAdapterSha256,
    datasetSha256: agent.datasetSha256,
    cycle,
    iteration,
    ...(base === '' ? {} : { base }),
  };
}

export function societyMessage(society: Society): MessageInitShape<typeof SocietySchema> {
  return described(society, promptsOf(society));
}

/** A society as one of many: of its prompts, the version alone. */
export function listedSocietyMessage(society: Society): MessageInitShape<typeof SocietySchema> {
  return described(society, { version: promptsOf(society).version });
}

function described(
  { name, base, agents, protocol, current, latest, createdAt }: Society,
  prompts: GivenPrompts,
): MessageInitShape<typeof SocietySchema> {
  return {
    name,
    base,
    agents,
    protocol: { ...protocol, prompts },
    currentRevision: current,
    latestRevision: latest,
    createdAt,
  };
}

export function revisionMessage(
  revision: Revision,
  society: Society,
): MessageInitShape<typeof RevisionSchema> {
  const { number, agents, createdAt, broken } = revision;
  return {
    society: society.name,
    number,
    status: revisionStatus(number, society),
    agents,
    createdAt,
    broken,
  };
}

export function engineMessage(engine: Engine): MessageInitShape<typeof EngineSchema> {
  const { url, up, version, inFlight, models } = engine;
  return {
    url,
    status: up ? 'up' : 'down',
    version,
    inFlight,
    models: [...models.keys()],
    lastError: troubleOf(engine),
  };
}

export function completionMessage(
  completion: Completion,
): MessageInitShape<typeof GenerateResponseSchema> {
  const { call, text, finishReason, engine, engineVersion, coalesced, attempts } = completion;
  const value = {
    callId: call.id,
    text,
    finishReason,
    servedName: call.model,
    adapterSha256: call.adapterSha256,
    engine,
    engineVersion,
    promptTokens: completion.promptTokens,
    completionTokens: completion.completionTokens,
    seed: BigInt(call.seed),
    latencyMs: completion.latencyMs,
    coalesced,
    attempts,
  };
  return { result: { case: 'completion', value } };
}
