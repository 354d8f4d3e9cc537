import { invalid } from '../errors.ts';
import { openDirectoryArtifacts } from './directory.ts';
import type { Artifacts } from './port.ts';
import { parseS3Url } from './s3-url.ts';

/**
 * The artifacts at a URL: `file:<folder>` or `s3://bucket/prefix?endpoint=…&region=…`.
 * Credentials for S3 come as the AWS SDK finds them: environment, files, web identity or instance role.
 * @throws ParleyError INVALID_ARGUMENT for another scheme or a bad URL; UNAVAILABLE when it cannot be opened.
 */
export async function openArtifacts(url: string): Promise<Artifacts> {
  const scheme = url.slice(0, url.indexOf(':') + 1);
  const rest = url.slice(scheme.length);
  switch (scheme) {
    case 'file:':
      if (rest === '') throw invalid('artifacts', "'file:' must be followed by a folder");
      return openDirectoryArtifacts(rest.startsWith('//') ? rest.slice(2) : rest);
    case 's3:': {
      const location = parseS3Url(url);
      // The AWS SDK takes a tenth of a second and 35 MB to load.
      const { openS3Artifacts } = await import('./s3.ts');
      return openS3Artifacts(location);
    }
    default:
      throw invalid(
        'artifacts',
        `'${url}' is not supported; use file:<folder> or s3://bucket/prefix`,
      );
  }
}
