import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What requests and answers depend on. */
export type Model = {
  /** The name under which an engine serves its base model. */
  base: string;
  /** Longest prompt and answer together, in tokens. */
  maxModelLength: number;
};

/** An engine that is compared, and the adapters with which it is asked to work. */
export type Subject = Model & {
  url: string;
  /** Folder of an adapter that it can load, as it sees it. */
  adapter: string;
  /** Folder of the same adapter with its weights cut off. */
  truncated: string;
};

/** What an engine says of its base model. @throws Error when it serves none. */
export async function describeEngine(url: string): Promise<Model & { url: string }> {
  const response = await fetch(`${url}/v1/models`, { signal: AbortSignal.timeout(10_000) });
  const { data } = (await response.json()) as {
    data: { id: string; parent: string | null; max_model_len: number | null }[];
  };
  const base = data.find(({ parent }) => parent === null);
  if (base?.max_model_len == null) throw new Error(`${url} serves no base model of known length`);
  return { url, base: base.id, maxModelLength: base.max_model_len };
}

/** Copies an adapter with the largest of its files cut in half. */
export async function truncateAdapter(adapter: string, copy: string): Promise<void> {
  await cp(adapter, copy, { recursive: true });
  const files = (await readdir(copy)).map((name) => join(copy, name));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const largest = files[sizes.indexOf(Math.max(...sizes))] as string;
  const bytes = await readFile(largest);
  await rm(largest);
  await writeFile(largest, bytes.subarray(0, bytes.length / 2));
}
