import { afterEach, describe, expect, it, vi } from 'vitest';
import { EngineDiscovery, type EngineName, type Resolve } from './engine-discovery.ts';

/** Waits for a condition; the machine may be busy. */
function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, 10_000);
}

const SOURCE = 'dns+http://vllm:8000';
let discovery: EngineDiscovery;

afterEach(() => discovery.close());

function watch(resolve?: Resolve, source = SOURCE) {
  const changes: EngineName[] = [];
  discovery = new EngineDiscovery({
    sources: [source],
    everyMs: 5,
    onChange: ({ urls, error }) => changes.push({ source, urls, error }),
    ...(resolve ? { resolve } : {}),
  });
  return changes;
}

const at = (...addresses: string[]) =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

describe('EngineDiscovery', () => {
  it('tells of engines that come and go, once for each change', async () => {
    let answer = at('10.0.0.2', '10.0.0.1');
    const resolve = vi.fn(async () => answer);
    const changes = watch(resolve);
    await discovery.start();
    answer = at('10.0.0.1', '10.0.0.2');
    const asked = resolve.mock.calls.length;
    await eventually(() => expect(resolve.mock.calls.length).toBeGreaterThan(asked + 2));
    answer = at('10.0.0.2', '10.0.0.3');
    await eventually(() => expect(changes).toHaveLength(2));
    expect(changes.map(({ urls }) => urls)).toEqual([
      ['http://10.0.0.1:8000', 'http://10.0.0.2:8000'],
      ['http://10.0.0.2:8000', 'http://10.0.0.3:8000'],
    ]);
    expect(resolve).toHaveBeenCalledWith('vllm');
  });

  it('keeps what is known while the name cannot be resolved, and tells why, once', async () => {
    let answer: () => ReturnType<typeof at> = () => at('10.0.0.1');
    const resolve = vi.fn(async () => answer());
    const changes = watch(resolve);
    await discovery.start();
    answer = () => {
      throw new Error('getaddrinfo EAI_AGAIN vllm');
    };
    const asked = resolve.mock.calls.length;
    await eventually(() => expect(resolve.mock.calls.length).toBeGreaterThan(asked + 3));
    expect(changes.slice(1)).toEqual([{ ...changes[0], error: 'getaddrinfo EAI_AGAIN vllm' }]);
    answer = () => at('10.0.0.1');
    await eventually(() => expect(changes).toHaveLength(3));
    expect(changes[2]).toMatchObject({ urls: ['http://10.0.0.1:8000'], error: '' });
  });

  it('does not ask again before it was answered', async () => {
    const asked = { quick: 0, slow: 0 };
    discovery = new EngineDiscovery({
      sources: ['dns+http://quick:8000', 'dns+http://slow:8000'],
      everyMs: 5,
      onChange: () => {},
      resolve: (name) => {
        asked[name as keyof typeof asked] += 1;
        return name === 'quick' ? Promise.resolve(at('10.0.0.1')) : new Promise(() => {});
      },
    });
    const started = discovery.start();
    await eventually(() => expect(asked.quick).toBeGreaterThan(5));
    expect(asked.slow).toBe(1);
    discovery.close();
    await started;
    expect(discovery.names[1]?.error).toBe('no answer from the resolver in 5000 ms');
  });

  it.each([
    [
      'addresses of both families as one engine each',
      at('10.0.0.1', 'fd00::1'),
      ['http://10.0.0.1:8000'],
    ],
    ['IPv6 alone', at('fd00::1'), ['http://[fd00::1]:8000']],
    ['an address given twice', at('10.0.0.1', '10.0.0.1'), ['http://10.0.0.1:8000']],
  ])('takes %s', async (_, answer, urls) => {
    watch(async () => answer);
    await discovery.start();
    expect(discovery.names[0]?.urls).toEqual(urls);
  });

  it('keeps the path', async () => {
    watch(async () => at('10.0.0.1'), 'dns+http://vllm:8000/below');
    await discovery.start();
    expect(discovery.names[0]?.urls).toEqual(['http://10.0.0.1:8000/below']);
  });

  it('asks the system, which knows the hosts file', async () => {
    watch(undefined, 'dns+http://localhost:8000');
    await discovery.start();
    expect(discovery.names[0]).toMatchObject({ urls: ['http://127.0.0.1:8000'], error: '' });
  });
});
