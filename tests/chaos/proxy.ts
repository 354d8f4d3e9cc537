import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A road to a server that can be made slow, or cut. */
export type Way = {
  port: number;
  /** From now on every piece of data takes that much longer, both ways. */
  delay(milliseconds: number): void;
  /** Nothing passes any more, in silence, as when a cable is pulled; `mend` ends it and breaks what was open. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
};

/** Passes connections on to `host:port`. */
export async function startProxy(host: string, port: number): Promise<Way> {
  const open = new Set<Socket>();
  let delayMs = 0;
  let passing = true;

  function pass(from: Socket, to: Socket): void {
    from.on('data', (data: Buffer) => {
      if (!passing) return;
      if (delayMs === 0) to.write(data);
      else setTimeout(() => passing && !to.destroyed && to.write(data), delayMs);
    });
    from.on('close', () => {
      open.delete(from);
      if (passing) to.destroy();
    });
    from.on('error', () => from.destroy());
  }

  const server: Server = createServer((near) => {
    const far = connect(port, host);
    for (const socket of [near, far]) open.add(socket.setNoDelay(true));
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    delay(milliseconds) {
      delayMs = milliseconds;
    },
    cut() {
      passing = false;
    },
    mend() {
      passing = true;
      for (const socket of open) socket.destroy();
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
