import { createHash, hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { invalid, ParleyError } from '../errors.ts';
import { checkArtifactPath, checkArtifactUri } from './path.ts';
import { type ArtifactRef, type Artifacts, artifactUri } from './port.ts';

/** The name of a folder's list of files, beside them. */
const INDEX = 'files.json';

/** A file of a folder: its path in it, with `/` between segments, its digest in hex and its size. */
export type FolderFile = { path: string; sha256: string; bytes: number };

/**
 * The SHA-256, in hex, that stands for a folder: over a line `<sha256 of the file>  <relative path>\n` for
 * every regular file in it, at any depth, sorted by the bytes of the path; as `sha256sum` prints them.
 */
export async function folderDigest(dir: string): Promise<string> {
  const files: FolderFile[] = [];
  for (const path of await listFiles(dir)) {
    const digest = createHash('sha256');
    let bytes = 0;
    for await (const piece of createReadStream(join(dir, path)) as AsyncIterable<Uint8Array>) {
      digest.update(piece);
      bytes += piece.byteLength;
    }
    files.push({ path, sha256: digest.digest('hex'), bytes });
  }
  return digestOf(files);
}

/**
 * Stores every file of a folder under `<path>/` and, at last, their list as `<path>/files.json`. Links and
 * other special files are left out.
 * @returns the folder's URI and its `folderDigest`.
 * @throws ParleyError INVALID_ARGUMENT when the folder is empty or has a `files.json`; as `Artifacts.put`.
 */
export async function putFolder(
  artifacts: Artifacts,
  path: string,
  dir: string,
): Promise<ArtifactRef> {
  checkArtifactPath(path);
  const names = await listFiles(dir);
  if (names.length === 0) throw invalid('dir', `${dir} must hold a file`);
  if (names.includes(INDEX)) throw invalid('dir', `${dir} must not hold a ${INDEX} of its own`);
  const files: FolderFile[] = [];
  for (const name of names) {
    const { sha256, bytes } = await artifacts.put(
      `${path}/${name}`,
      createReadStream(join(dir, name)),
    );
    files.push({ path: name, sha256, bytes });
  }
  await artifacts.put(`${path}/${INDEX}`, Buffer.from(JSON.stringify(files, null, 1)));
  return { uri: artifactUri(path), sha256: digestOf(files) };
}

/**
 * Makes `dir` from a folder that `putFolder` stored: whole or not at all. A `dir` that holds something already
 * is taken for what an earlier call made.
 * @throws ParleyError NOT_FOUND; DATA_CORRUPT when the files do not have the reference's digest.
 */
export async function fetchFolder(
  artifacts: Artifacts,
  ref: ArtifactRef,
  dir: string,
): Promise<void> {
  if (await isMade(dir)) return;
  const files = parseIndex(ref, await artifacts.get({ uri: `${ref.uri}/${INDEX}` }));
  const temporary = `${dir}.${randomUUID()}.part`;
  try {
    for (const { path, sha256 } of files) {
      const target = join(temporary, path);
      await mkdir(dirname(target), { recursive: true });
      await using file = await open(target, 'wx');
      const source = { uri: artifactUri(`${checkArtifactUri(ref.uri)}/${path}`), sha256 };
      for await (const piece of artifacts.stream(source)) await file.writeFile(piece);
    }
    await rename(temporary, dir).catch(async (thrown: unknown) => {
      if (!(await isMade(dir))) throw thrown;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function digestOf(files: FolderFile[]): string {
  const sorted = files.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return hash('sha256', sorted.map(({ sha256, path }) => `${sha256}  ${path}\n`).join(''), 'hex');
}

/** The list of files, if it is the one that the reference means. */
function parseIndex({ uri, sha256 }: ArtifactRef, content: Uint8Array): FolderFile[] {
  let files: FolderFile[];
  try {
    files = JSON.parse(Buffer.from(content).toString()) as FolderFile[];
    for (const { path } of files) checkArtifactPath(path);
    if (digestOf(files) === sha256) return files;
  } catch (cause) {
    throw new ParleyError('DATA_CORRUPT', `${uri}/${INDEX} is no list of files`, { cause });
  }
  throw new ParleyError('DATA_CORRUPT', `${uri} does not have the digest ${sha256}`);
}

async function listFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function isMade(dir: string): Promise<boolean> {
  return readdir(dir).then(
    (names) => names.length > 0,
    () => false,
  );
}
