import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Artifacts, artifactUri } from './port.ts';

/** Artifacts to be tested. Their data is their own. */
export type ArtifactsFixture = {
  artifacts: Artifacts;
  /** Makes the stored object differ from what was put, as a broken disk would. */
  corrupt(path: string): Promise<void>;
  close(): Promise<void>;
};

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

async function* pieces(content: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += size) yield content.subarray(at, at + size);
}

/** What every adapter of the artifacts must do, as tests; `open` makes a fixture for each. */
export function artifactsContract(name: string, open: () => Promise<ArtifactsFixture>): void {
  describe(`artifacts contract: ${name}`, { timeout: 60_000 }, () => {
    let fixture: ArtifactsFixture | undefined;
    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(async () => {
      await fixture?.close();
      fixture = undefined;
    });
    function current(): ArtifactsFixture {
      if (fixture === undefined) throw new Error('the fixture is open only while a test runs');
      return fixture;
    }
    async function streamed(ref: { uri: string; sha256?: string }): Promise<Buffer> {
      const read: Uint8Array[] = [];
      for await (const piece of current().artifacts.stream(ref)) read.push(piece);
      return Buffer.concat(read);
    }

    const sizes = [0, 1, 10_240, 300_000, 3_000_000];
    it.each(sizes)('stores %i bytes, whole or in pieces, and gives them back', async (size) => {
      const { artifacts } = current();
      const content = randomBytes(size);
      const stored = await artifacts.put('a/whole.bin', content);
      expect(stored).toEqual({
        uri: artifactUri('a/whole.bin'),
        sha256: sha256(content),
        bytes: size,
      });
      const inPieces = await artifacts.put('a/pieces.bin', pieces(content, 70_001));
      expect(inPieces).toEqual({ ...stored, uri: artifactUri('a/pieces.bin') });
      for (const ref of [stored, inPieces]) {
        expect(Buffer.compare(await artifacts.get(ref), content)).toBe(0);
        expect(Buffer.compare(await streamed(ref), content)).toBe(0);
        expect(Buffer.compare(await streamed({ uri: ref.uri }), content)).toBe(0);
      }
      expect(await artifacts.stat('a/whole.bin')).toEqual(stored);
    });

    it('takes the same content twice and refuses other content', async () => {
      const { artifacts } = current();
      const content = Buffer.from('one');
      const stored = await artifacts.put('a', content);
      expect(await artifacts.put('a', content)).toEqual(stored);
      expect(await artifacts.put('a', pieces(content, 1))).toEqual(stored);
      const conflict = { reason: 'CONFLICT' };
      await expect(artifacts.put('a', Buffer.from('two'))).rejects.toMatchObject(conflict);
      await expect(artifacts.put('a', pieces(Buffer.from('two'), 1))).rejects.toMatchObject(
        conflict,
      );
      expect(Buffer.from(await artifacts.get(stored)).toString()).toBe('one');
    });

    it('lets one of many contents win a path', async () => {
      const { artifacts } = current();
      const puts = await Promise.allSettled(
        Array.from({ length: 16 }, (_, n) => artifacts.put('race', Buffer.from(`content ${n}`))),
      );
      const won = puts.filter(({ status }) => status === 'fulfilled');
      expect(won).toHaveLength(1);
      const content = Buffer.from(await artifacts.get({ uri: artifactUri('race') })).toString();
      expect(puts[Number(content.slice('content '.length))]?.status).toBe('fulfilled');
    });

    it('leaves nothing of content that ends in an error', async () => {
      const { artifacts } = current();
      async function* broken(): AsyncIterable<Uint8Array> {
        yield Buffer.from('half');
        throw new Error('the producer broke');
      }
      await expect(artifacts.put('a', broken())).rejects.toThrow('the producer broke');
      expect(await artifacts.stat('a')).toBeUndefined();
      await artifacts.put('a', Buffer.from('whole'));
    });

    it('knows what is not there', async () => {
      const { artifacts } = current();
      expect(await artifacts.stat('no/where')).toBeUndefined();
      const ref = { uri: artifactUri('no/where') };
      await expect(artifacts.get(ref)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
      await expect(streamed(ref)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    });

    it.each([10, 300_000])('does not hand out %i bytes that changed', async (size) => {
      const { artifacts, corrupt } = current();
      const stored = await artifacts.put('a', randomBytes(size));
      await corrupt('a');
      const error = { reason: 'DATA_CORRUPT' };
      await expect(artifacts.get(stored)).rejects.toMatchObject(error);
      let handed = 0;
      const reading = (async () => {
        for await (const piece of artifacts.stream(stored)) handed += piece.byteLength;
      })();
      await expect(reading).rejects.toMatchObject(error);
      expect(handed).toBeLessThan(size);
    });

    it('refuses paths and URIs that are none', async () => {
      const { artifacts } = current();
      const error = { reason: 'INVALID_ARGUMENT' };
      for (const path of ['', '/a', 'a/', 'a//b', '../a', 'a/../b', '.', 'a\nb', 'x'.repeat(513)])
        await expect(artifacts.put(path, Buffer.from('x'))).rejects.toMatchObject(error);
      await expect(artifacts.get({ uri: 'file:/etc/passwd' })).rejects.toMatchObject(error);
      await expect(artifacts.get({ uri: 'artifact:../x' })).rejects.toMatchObject(error);
    });

    it('answers a ping', async () => {
      await current().artifacts.ping();
    });
  });
}
