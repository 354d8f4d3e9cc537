import { createServer } from 'node:net';

/** A port that is free now, for what must be known before a server listens on it. */
export function freePort(host: string): Promise<number> {
  return new Promise((found, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      probe.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
