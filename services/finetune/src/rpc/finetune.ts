import type { MessageInitShape } from '@bufbuild/protobuf';
import { invalid, type ServiceImplementation } from '@parley/platform';
import type {
  CycleSchema,
  CycleSpec as CycleSpecMessage,
  FinetuneService,
} from '@parley/proto/finetune';
import Value from 'typebox/value';
import type { FinetuneContext } from '../context.ts';
import { iterationReport } from '../domain/report.ts';
import { type CycleSpec, DEFAULTS, LIMITS } from '../domain/spec.ts';
import { type CycleRecord, phaseOf } from '../domain/state.ts';
import { CycleBody } from '../routes/schemas.ts';
import { controlCycle } from '../work/control.ts';
import { createCycle } from '../work/create.ts';
import { endedIterations, getCycle, INDEX } from '../work/stored.ts';

const PAGE = 50;
const LARGEST_PAGE = 1000;

/** The gRPC side of the finetune service. */
export function finetuneRpc(
  context: FinetuneContext,
): ServiceImplementation<typeof FinetuneService> {
  const { store } = context;

  async function controlled(name: string, type: 'paused' | 'resumed' | 'cancelled') {
    return { cycle: cycleMessage((await controlCycle(context, name, type)).record) };
  }

  return {
    async createCycle({ spec }, { signal }) {
      const { record } = await createCycle(context, specOf(spec), signal);
      return { cycle: cycleMessage(record) };
    },

    async getCycle({ name }) {
      const { record } = await getCycle(store, name);
      const iterations = await endedIterations(store, record);
      const reports = iterations.map((ended) =>
        JSON.stringify(iterationReport(ended.record, ended.evaluation)),
      );
      return { cycle: cycleMessage(record, reports) };
    },

    async listCycles({ pageSize, pageToken }) {
      if (pageSize > LARGEST_PAGE)
        throw invalid('page_size', `${pageSize} must be at most ${LARGEST_PAGE}`);
      const { members, next } = await store.range(INDEX.cycles, {
        limit: pageSize === 0 ? PAGE : pageSize,
        reverse: true,
        ...(pageToken === '' ? {} : { after: pageToken }),
      });
      const cycles = await Promise.all(members.map((name) => getCycle(store, name)));
      return {
        cycles: cycles.map(({ record }) => cycleMessage(record)),
        nextPageToken: next ?? '',
      };
    },

    pauseCycle: ({ name }) => controlled(name, 'paused'),
    resumeCycle: ({ name }) => controlled(name, 'resumed'),
    cancelCycle: ({ name }) => controlled(name, 'cancelled'),
  };
}

function cycleMessage(
  { spec, state, createdAt }: CycleRecord,
  iterationsJson: string[] = [],
): MessageInitShape<typeof CycleSchema> {
  const { status, reason, detail, log, iteration, progress } = state;
  const { seed, method, ...rest } = spec;
  return {
    spec: { ...rest, seed: BigInt(seed), methodJson: JSON.stringify(method) },
    status,
    reason,
    detail,
    log,
    iteration,
    phase: phaseOf(state),
    ...progress,
    createdAt,
    iterationsJson,
  };
}

/** A request, checked as REST checks its own. @throws ParleyError INVALID_ARGUMENT naming the field. */
function specOf(message: CycleSpecMessage | undefined): CycleSpec {
  if (!message) throw invalid('spec', 'is required');
  const { name, society, problemSet, iterations, weight, gate } = message;
  if (message.seed > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalid('spec.seed', `${message.seed} must be at most ${Number.MAX_SAFE_INTEGER}`);
  const spec = {
    name,
    society,
    problemSet,
    iterations,
    weight: weight ?? DEFAULTS.weight,
    seed: Number(message.seed),
    pooling: message.pooling === '' ? DEFAULTS.pooling : message.pooling,
    method: methodOf(message.methodJson),
    gate: {
      maxDropStandardErrors: gate?.maxDropStandardErrors ?? DEFAULTS.gate.maxDropStandardErrors,
      minDiversityShare: gate?.minDiversityShare ?? DEFAULTS.gate.minDiversityShare,
    },
  };
  const [wrong] = Value.Errors(CycleBody, spec);
  if (wrong) throw invalid(`spec${wrong.instancePath.replaceAll('/', '.')}`, wrong.message);
  return spec as CycleSpec;
}

function methodOf(json: string): unknown {
  if (json === '') return {};
  const bytes = Buffer.byteLength(json);
  if (bytes > LIMITS.methodBytes)
    throw invalid(
      'spec.method_json',
      `is ${bytes} bytes; at most ${LIMITS.methodBytes} are allowed`,
    );
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw Object.assign(invalid('spec.method_json', 'must be a JSON object'), { cause });
  }
}
