import { randomBytes } from 'node:crypto';
import { artifactUri, openArtifacts } from '@parley/platform';

/**
 * Puts 256 MiB into the S3 whose URL is its argument and reads them, in a process of its own that needs
 * `--expose-gc`. Prints as JSON how many milliseconds each took and by how many bytes memory (RSS) grew at
 * most. Garbage is collected every 8 MiB, so that what has grown is held, not merely left.
 */
const MIB = 1024 * 1024;
const PIECE = randomBytes(MIB / 4);
const COLLECT_EVERY = 8 * MIB;

const collect = gc as NonNullable<typeof gc>;
const [url = ''] = process.argv.slice(2);
const artifacts = await openArtifacts(url);
let peak = 0;
let uncollected = 0;

function sample(bytes: number): void {
  uncollected += bytes;
  if (uncollected >= COLLECT_EVERY) {
    collect();
    uncollected = 0;
  }
  peak = Math.max(peak, process.memoryUsage.rss());
}

async function* pieces(size: number) {
  for (let bytes = 0; bytes < size; bytes += PIECE.byteLength) {
    sample(PIECE.byteLength);
    // Each has memory of its own, so that pieces that are kept show.
    yield new Uint8Array(PIECE);
  }
}

async function put(path: string, size: number): Promise<void> {
  await artifacts.put(path, pieces(size));
}

async function read(path: string): Promise<void> {
  for await (const { byteLength } of artifacts.stream({ uri: artifactUri(path) }))
    sample(byteLength);
}

await put('memory/warm', 32 * MIB);
await read('memory/warm');
collect();
const before = process.memoryUsage.rss();

async function measured(work: () => Promise<void>): Promise<{ ms: number; grown: number }> {
  peak = 0;
  const start = performance.now();
  await work();
  return { ms: performance.now() - start, grown: peak - before };
}

const figures = {
  put: await measured(() => put('memory/put', 256 * MIB)),
  read: await measured(() => read('memory/put')),
};
await artifacts.close();
process.stdout.write(JSON.stringify(figures));
