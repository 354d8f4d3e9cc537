import type { Http2Server, ServerHttp2Session } from 'node:http2';
import type { Server } from '@grpc/grpc-js';

/**
 * How often a client is asked for a sign of life. Its connection is cut when it gives none, within 9 s in all: before
 * anybody else may take over what the client holds by a lease of 15 s, which it extends every 5. What a process that
 * was stopped was about to send reaches nobody when it goes on.
 */
export const ASK_MS = 4_000;
const SILENT_MS = 5_000;

/** The part of the library's server that it keeps to itself. */
type Insides = { http2Servers: ReadonlyMap<Http2Server, unknown> };

/** The connections of a server. */
export type Connections = {
  /** Ends all of them and the calls on them. */
  cut(): void;
};

/**
 * Looks after the connections of a server that is bound and has none yet. The library's own keepalive would cut a
 * connection that is closing, by age or shutdown, with all the calls that are left to end on it: no ping can be sent
 * there any more, which it takes for a dead client.
 */
export function lookAfterConnections(server: Server): Connections {
  const sessions = new Set<ServerHttp2Session>();
  for (const listening of (server as unknown as Insides).http2Servers.keys())
    listening.on('session', (session) => {
      sessions.add(session);
      const asking = setInterval(() => askForLife(session), ASK_MS).unref();
      session.once('close', () => {
        clearInterval(asking);
        sessions.delete(session);
      });
    });
  return {
    cut() {
      for (const session of sessions) session.destroy();
    },
  };
}

/** Asks one client for a sign of life; nothing on a connection that is closing or gone. */
export function askForLife(session: ServerHttp2Session): void {
  // Destroyed, it may have yet to say that it is closed.
  if (session.closed || session.destroyed) return;
  const silent = setTimeout(() => session.destroy(), SILENT_MS).unref();
  session.ping(() => clearTimeout(silent));
}
