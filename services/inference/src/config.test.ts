import { describe, expect, it } from 'vitest';
import { envToInferenceConfig } from './config.ts';

describe('envToInferenceConfig', () => {
  it('has defaults for everything', () => {
    expect(envToInferenceConfig({})).toMatchObject({
      engines: [],
      engineApiKey: '',
      engineMaxInFlight: 256,
      engineQueue: 10_000,
      engineTimeoutSeconds: 300,
      engineWaitSeconds: 10,
      adapterDir: './data/adapters',
      adapterFetcherPort: 0,
      models: '',
      maxLoraRank: 16,
      maxAdapters: 64,
      embeddingUrl: '',
      embeddingModel: '',
    });
  });

  it('reads a list of engines', () => {
    const { engines } = envToInferenceConfig({
      PARLEY_ENGINES: ' http://a:8000/, https://b/vllm ,http://a:8000',
    });
    expect(engines).toEqual(['http://a:8000', 'https://b/vllm']);
  });

  it('reads names of engines', () => {
    const { engines } = envToInferenceConfig({
      PARLEY_ENGINES: 'dns+http://vllm.models:8000/, http://a:8000',
    });
    expect(engines).toEqual(['dns+http://vllm.models:8000', 'http://a:8000']);
  });

  it.each([
    ['PARLEY_ENGINES', 'a:8000'],
    ['PARLEY_ENGINES', 'http://a:8000,ftp://b'],
    ['PARLEY_ENGINES', 'dns+vllm:8000'],
    ['PARLEY_ENGINES', 'dns+https://vllm'],
    ['PARLEY_ENGINES', 'dns+http://10.0.0.1:8000'],
    ['PARLEY_ENGINES', 'dns+http://[::1]:8000'],
    ['PARLEY_EMBEDDING_URL', 'nowhere'],
    ['PARLEY_ENGINE_MAX_IN_FLIGHT', '0'],
    ['PARLEY_ENGINE_QUEUE', 'many'],
    ['PARLEY_ENGINE_TIMEOUT_SECONDS', '0'],
    ['PARLEY_MAX_ADAPTERS', 'some'],
    ['PARLEY_ADAPTER_FETCHER_PORT', '65536'],
    ['PARLEY_MAX_LORA_RANK', '0'],
  ])('refuses %s=%s, naming it', (variable, value) => {
    expect(() => envToInferenceConfig({ [variable]: value })).toThrow(variable);
  });
});
