import { invalid } from '../errors.ts';
import { checkArtifactPath } from './path.ts';

/** Where artifacts stand in S3. What is undefined is found as the AWS SDK finds it. */
export type S3Location = {
  bucket: string;
  /** What the keys begin with, without a slash at either end; empty for the whole bucket. */
  prefix: string;
  /** Another S3 than Amazon's; the bucket is then part of the path, not of the host. */
  endpoint: string | undefined;
  region: string | undefined;
};

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const REGION = /^[A-Za-z0-9-]+$/;
const PARAMETERS = ['endpoint', 'region'];

/**
 * The location that `s3://bucket/prefix?endpoint=http://host:port&region=name` names; prefix, endpoint and
 * region may be left out. With an endpoint the region is `us-east-1` unless given.
 * @throws ParleyError INVALID_ARGUMENT
 */
export function parseS3Url(text: string): S3Location {
  const url = URL.parse(text);
  if (url?.protocol !== 's3:') throw refused('must be s3://bucket/prefix?endpoint=…&region=…');
  if (url.username !== '' || url.password !== '')
    throw refused(
      'must hold no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a role',
    );
  if (!BUCKET.test(url.host))
    throw refused(
      `has the bucket '${url.host}'; 3 to 63 of a–z, 0–9, '.' and '-' are right, a letter or digit at both ends`,
    );
  if (url.hash !== '') throw refused("must hold no '#'; write it as %23");
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name))
      throw refused(`has the parameter '${name}'; there are ${PARAMETERS.join(' and ')}`);
    if (url.searchParams.getAll(name).length > 1) throw refused(`has ${name} twice`);
  }
  const endpoint = url.searchParams.get('endpoint') ?? undefined;
  const region = url.searchParams.get('region') ?? undefined;
  if (region !== undefined && !REGION.test(region))
    throw refused(`has the region '${region}'; a name such as us-east-1 is right`);
  return {
    bucket: url.host,
    prefix: prefixOf(url.pathname),
    endpoint: endpoint === undefined ? undefined : checkEndpoint(endpoint),
    region: region ?? (endpoint === undefined ? undefined : 'us-east-1'),
  };
}

function prefixOf(pathname: string): string {
  const written = pathname.replace(/^\//, '').replace(/\/$/, '');
  if (written === '') return '';
  try {
    return checkArtifactPath(decodeURIComponent(written));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refused(`has the prefix '${written}', which cannot be one: ${why}`);
  }
}

function checkEndpoint(text: string): string {
  const endpoint = URL.parse(text);
  const right =
    endpoint !== null &&
    ['http:', 'https:'].includes(endpoint.protocol) &&
    `${endpoint.username}${endpoint.password}${endpoint.search}${endpoint.hash}` === '';
  if (!right) throw refused('has an endpoint that is none; http://host:port or https://host is');
  return endpoint.href;
}

function refused(what: string) {
  return invalid('artifacts', `the s3: URL ${what}`);
}
