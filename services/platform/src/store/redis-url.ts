import { invalid } from '../errors.ts';

export type RedisNode = { host: string; port: number };

/** What a Redis URL says. `nodes` are the server, some nodes of the cluster, or the sentinels. */
export type RedisTarget = {
  nodes: [RedisNode, ...RedisNode[]];
  username?: string;
  password?: string;
  /** Connect by TLS; `ca` is the file of the authority that signed the servers' certificates. */
  tls?: { ca?: string };
} & (
  | { kind: 'single'; database: number }
  | { kind: 'cluster' }
  | { kind: 'sentinel'; master: string }
);

const FORM =
  /^redis(s?)(?:\+(cluster|sentinel))?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

/**
 * Parses `redis://host:port/db`, `redis+cluster://host:port,host:port` and
 * `redis+sentinel://host:port,host:port/master`; with `rediss` for TLS, where `?ca=<file>` may follow. All take
 * `user:password@` (percent-encoded).
 * @throws ParleyError INVALID_ARGUMENT naming the part that is wrong; never with the password.
 */
export function parseRedisUrl(url: string): RedisTarget {
  const match = FORM.exec(url);
  if (match === null)
    throw refused(
      'must be redis://host:port/db, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/master',
    );
  const [, secure, kind, login, hosts = '', path = '', query = ''] = match;
  if (`${hosts}${path}${query}`.includes('@'))
    throw refused('user and password must be percent-encoded: / is written %2F, ? %3F and @ %40');
  const common = {
    nodes: parseNodes(hosts, kind === 'sentinel' ? 26379 : 6379),
    ...parseLogin(login),
    ...parseTls(secure === 's', query),
  };
  if (kind === 'cluster') {
    if (path !== '') throw refused('a cluster has one database: nothing may follow its hosts');
    return { kind, ...common };
  }
  if (kind === 'sentinel') {
    if (path === '')
      throw refused('the name of the master must follow the hosts, as in …/mymaster');
    return { kind, ...common, master: decode(path, 'the name of the master') };
  }
  if (common.nodes.length > 1)
    throw refused('several hosts are for redis+cluster:// or redis+sentinel://');
  if (!/^\d{0,4}$/.test(path)) throw refused('the database must be a number, as in …/0');
  return { kind: 'single', ...common, database: Number(path) };
}

/** The hosts of a target, for messages. */
export function describeTarget({ nodes }: RedisTarget): string {
  return nodes.map(({ host, port }) => `${host}:${port}`).join(',');
}

function parseNodes(hosts: string, defaultPort: number): [RedisNode, ...RedisNode[]] {
  const [first, ...others] = hosts.split(',').map((text): RedisNode => {
    const match = /^(\[[\da-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
    const port = Number(match?.[2] ?? defaultPort);
    if (match?.[1] === undefined || port < 1 || port > 65_535)
      throw refused(`'${text}' must be a host and a port, as in localhost:${defaultPort}`);
    return { host: match[1].replace(/^\[|\]$/g, ''), port };
  });
  if (first === undefined) throw refused('a host is missing');
  return [first, ...others];
}

function parseLogin(login: string | undefined): { username?: string; password?: string } {
  if (login === undefined || login === '') return {};
  const colon = login.indexOf(':');
  if (colon < 0) throw refused('what stands before the @ must be user:password or :password');
  const username = decode(login.slice(0, colon), 'the user');
  const password = decode(login.slice(colon + 1), 'the password');
  return { password, ...(username === '' ? {} : { username }) };
}

function parseTls(secure: boolean, query: string): { tls?: { ca?: string } } {
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys())
    if (name !== 'ca') throw refused(`the parameter '${name}' is unknown; there is ca=<file>`);
  const ca = parameters.get('ca');
  if (ca !== null && !secure) throw refused('ca=<file> is for TLS: use rediss');
  if (!secure) return {};
  return { tls: ca === null ? {} : { ca } };
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused(`${part} must be percent-encoded`);
  }
}

function refused(what: string) {
  return invalid('store', `the Redis URL: ${what}`);
}
