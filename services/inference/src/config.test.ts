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

  it.each([
    ['PARLEY_ENGINES', 'a:8000'],
    ['PARLEY_ENGINES', 'http://a:8000,ftp://b'],
    ['PARLEY_EMBEDDING_URL', 'nowhere'],
    ['PARLEY_ENGINE_MAX_IN_FLIGHT', '0'],
    ['PARLEY_ENGINE_QUEUE', 'many'],
    ['PARLEY_ENGINE_TIMEOUT_SECONDS', '0'],
    ['PARLEY_MAX_ADAPTERS', 'some'],
  ])('refuses %s=%s, naming it', (variable, value) => {
    expect(() => envToInferenceConfig({ [variable]: value })).toThrow(variable);
  });
});
