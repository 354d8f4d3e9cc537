import { AdapterError, readAdapter } from '../adapter.ts';
import { baseParameters } from '../policy/parameters.ts';
import { ApiError, unknownModel, withoutPaths } from './errors.ts';

/** A model that can be asked. */
export interface Model {
  readonly name: string;
  /** Where it came from: a directory, or the policy's name for the base. */
  readonly root: string;
  readonly theta: Float64Array;
}

/** What this engine is, as its card says. */
export const DESCRIPTION =
  'Development engine: a small log-linear policy for arithmetic, not a language model. Results on it say that the machinery works, not that the method does on language models.';

/** The served models: one base, and adapters that come and go. */
export class Models {
  readonly base: Model;
  readonly #adapters = new Map<string, Model>();
  readonly #loading = new Map<string, Promise<unknown>>();

  constructor(baseName: string) {
    this.base = { name: baseName, root: 'sandbox', theta: baseParameters() };
  }

  /** The model of that name; nothing or an empty name means the base. Throws ApiError 404. */
  find(name: unknown): Model {
    if (name === undefined || name === null || name === '' || name === this.base.name) {
      return this.base;
    }
    const adapter = this.#adapters.get(String(name));
    if (adapter === undefined) throw unknownModel(String(name), this.base.name);
    return adapter;
  }

  /** Loads an adapter; calls for one name go one after another. Throws ApiError as vLLM would. */
  async load(name: string, path: string, inPlace: boolean): Promise<void> {
    const before = this.#loading.get(name);
    const turn = Promise.allSettled([before]).then(() => this.#load(name, path, inPlace));
    this.#loading.set(name, turn);
    try {
      await turn;
    } finally {
      if (this.#loading.get(name) === turn) this.#loading.delete(name);
    }
  }

  /** Unloads an adapter; running answers end with the parameters they began with. */
  unload(name: string): void {
    if (this.#adapters.delete(name)) return;
    throw new ApiError(404, 'NotFoundError', `The lora adapter '${name}' cannot be found.`);
  }

  /** The body of GET /v1/models. `now` in seconds since 1970. */
  list(maxModelLen: number, now: number): object {
    const cards = [this.base, ...this.#adapters.values()].map((model) => {
      const isBase = model === this.base;
      return {
        id: model.name,
        object: 'model',
        created: now,
        owned_by: 'vllm',
        root: model.root,
        parent: isBase ? null : this.base.name,
        max_model_len: isBase ? maxModelLen : null,
        permission: [permission(model.name, now)],
        ...(isBase ? { description: DESCRIPTION } : {}),
      };
    });
    return { object: 'list', data: cards };
  }

  async #load(name: string, path: string, inPlace: boolean): Promise<void> {
    if (name === '' || path === '') {
      throw userError("Both 'lora_name' and 'lora_path' must be provided.");
    }
    if (name === this.base.name) {
      throw userError(`The lora adapter '${name}' conflicts with a served base model.`);
    }
    if (this.#adapters.has(name) && !inPlace) {
      const advice = "If you want to load the adapter in place, set 'load_inplace' to True.";
      throw userError(`The lora adapter '${name}' has already been loaded. ${advice}`);
    }
    try {
      const theta = await readAdapter(path, this.base.name);
      this.#adapters.set(name, { name, root: path, theta });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      const reason = withoutPaths(error.message);
      if (error.kind === 'missing') {
        throw new ApiError(404, 'NotFoundError', `Loading lora ${name} failed: ${reason}`);
      }
      const message = `Call to add_lora method failed: Worker failed with error '${reason}', please check the stack trace above for the root cause`;
      throw new ApiError(500, 'InternalServerError', message);
    }
  }
}

function userError(message: string): ApiError {
  return new ApiError(400, 'InvalidUserInput', message);
}

function permission(name: string, now: number): object {
  return {
    id: `modelperm-${name}`,
    object: 'model_permission',
    created: now,
    allow_create_engine: false,
    allow_sampling: true,
    allow_logprobs: true,
    allow_search_indices: false,
    allow_view: true,
    allow_fine_tuning: false,
    organization: '*',
    group: null,
    is_blocking: false,
  };
}
