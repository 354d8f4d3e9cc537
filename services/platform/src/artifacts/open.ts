import { invalid } from '../errors.ts';
import { openDirectoryArtifacts } from './directory.ts';
import type { Artifacts } from './port.ts';

/**
 * The artifacts at a URL: `file:<folder>`.
 * @throws ParleyError INVALID_ARGUMENT for another scheme; UNAVAILABLE when it cannot be opened.
 */
export async function openArtifacts(url: string): Promise<Artifacts> {
  const scheme = url.slice(0, url.indexOf(':') + 1);
  const rest = url.slice(scheme.length);
  switch (scheme) {
    case 'file:':
      if (rest === '') throw invalid('artifacts', "'file:' must be followed by a folder");
      return openDirectoryArtifacts(rest.startsWith('//') ? rest.slice(2) : rest);
    default:
      throw invalid('artifacts', `'${url}' is not supported; use file:<folder>`);
  }
}
