/** Where an artifact is and what it holds. `uri` is `artifact:<path>`, resolved by whatever adapter is configured. */
export type ArtifactRef = { uri: string; sha256: string };

export type StoredArtifact = ArtifactRef & { bytes: number };

/**
 * Immutable objects. Putting the same content twice at one path is one object; putting other content there
 * is a CONFLICT.
 */
export interface Artifacts {
  /**
   * Stores `content` at `path` (relative, `/` between segments, no `..`).
   * @throws ParleyError CONFLICT when the path holds other content; INVALID_ARGUMENT for a bad path.
   */
  put(path: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<StoredArtifact>;
  /**
   * The whole object.
   * @throws ParleyError NOT_FOUND; DATA_CORRUPT when `sha256` is given and the content differs.
   */
  get(ref: { uri: string; sha256?: string }): Promise<Uint8Array>;
  /**
   * The object in pieces; the digest is checked at the end, before the last piece is handed out.
   * @throws as `get`.
   */
  stream(ref: { uri: string; sha256?: string }): AsyncIterable<Uint8Array>;
  /** What stands at a path, or undefined. */
  stat(path: string): Promise<StoredArtifact | undefined>;
  /** @throws when the objects cannot be reached; used for readiness. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The URI of a path. */
export function artifactUri(path: string): string {
  return `artifact:${path}`;
}

/** The path of a URI. */
export function artifactPath(uri: string): string | undefined {
  return uri.startsWith('artifact:') ? uri.slice('artifact:'.length) : undefined;
}
