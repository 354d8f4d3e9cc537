import { invalid } from '../errors.ts';
import { artifactPath } from './port.ts';

const MAX_LENGTH = 512;
const MAX_SEGMENT_BYTES = 255;

/**
 * The path itself if an artifact may stand there: relative, `/` between segments, no empty, `.` or `..`
 * segment, no control characters or backslashes, at most 512 characters and 255 bytes per segment.
 * @throws ParleyError INVALID_ARGUMENT
 */
export function checkArtifactPath(path: string): string {
  const refuse = (what: string) => invalid('path', `${JSON.stringify(path.slice(0, 80))} ${what}`);
  if (path === '') throw refuse('must not be empty');
  if (path.length > MAX_LENGTH) throw refuse(`must have at most ${MAX_LENGTH} characters`);
  if (!path.isWellFormed() || /[\p{Cc}\\]/u.test(path))
    throw refuse('must not hold control characters, backslashes or broken Unicode');
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.' || segment === '..')
      throw refuse("must be relative, without empty, '.' or '..' segments");
    if (segment.length * 3 > MAX_SEGMENT_BYTES && Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)
      throw refuse(`must have at most ${MAX_SEGMENT_BYTES} bytes in a segment`);
  }
  return path;
}

/**
 * The checked path of an artifact's URI.
 * @throws ParleyError INVALID_ARGUMENT
 */
export function checkArtifactUri(uri: string): string {
  const path = artifactPath(uri);
  if (path === undefined) throw invalid('uri', `'${uri}' must start with 'artifact:'`);
  return checkArtifactPath(path);
}
