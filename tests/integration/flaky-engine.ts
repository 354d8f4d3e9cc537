import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { seededRandom } from '@parley/platform';

/** What can happen to a call on its way. */
export const TROUBLES = ['refuse', 'fail', 'reset', 'truncate', 'html', 'stall'] as const;
export type Trouble = (typeof TROUBLES)[number];

export type FlakyEngine = {
  url: string;
  /** How often each trouble was made. */
  made: Record<Trouble, number>;
  /** Calls that reached the engine behind, by their body: a call paid twice stands here with 2. */
  paid: Map<string, number>;
  close(): Promise<void>;
};

/**
 * A real engine behind a bad road: passes requests on, but makes the given share of the chat calls fail in
 * one of the ways of TROUBLES, drawn from a seed.
 */
export async function startFlakyEngine(
  target: string,
  share: number,
  seed: number,
): Promise<FlakyEngine> {
  const random = seededRandom(seed);
  const made = Object.fromEntries(TROUBLES.map((trouble) => [trouble, 0])) as Record<
    Trouble,
    number
  >;
  const paid = new Map<string, number>();
  const server: Server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const chat = incoming.url === '/v1/chat/completions';
      const trouble =
        chat && random() < share ? TROUBLES[Math.floor(random() * TROUBLES.length)] : undefined;
      if (trouble !== undefined) made[trouble] += 1;
      if (trouble === 'refuse') {
        outgoing.writeHead(503, { 'content-type': 'application/json' });
        outgoing.end(
          '{"error":{"message":"busy","type":"Service Unavailable","param":null,"code":503}}',
        );
        return;
      }
      if (trouble === 'html') {
        outgoing.writeHead(502, { 'content-type': 'text/html' });
        outgoing.end('<html>bad gateway</html>');
        return;
      }
      if (trouble === 'reset') {
        incoming.socket.destroy();
        return;
      }
      if (trouble === 'fail') {
        outgoing.writeHead(500, { 'content-type': 'application/json' });
        outgoing.end(
          '{"error":{"message":"x","type":"Internal Server Error","param":null,"code":500}}',
        );
        return;
      }
      if (trouble === 'stall') return;
      const onward = request(
        `${target}${incoming.url}`,
        { method: incoming.method, headers: { ...incoming.headers, host: new URL(target).host } },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('end', () => {
            const whole = Buffer.concat(parts);
            const { 'content-length': _length, ...headers } = answer.headers;
            if (trouble === 'truncate') {
              outgoing.writeHead(answer.statusCode ?? 200, headers);
              outgoing.end(whole.subarray(0, whole.length / 2));
              return;
            }
            if (chat && answer.statusCode === 200) {
              const call = body.toString();
              paid.set(call, (paid.get(call) ?? 0) + 1);
            }
            outgoing.writeHead(answer.statusCode ?? 200, headers);
            outgoing.end(whole);
          });
        },
      );
      onward.on('error', () => incoming.socket.destroy());
      onward.end(body);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    made,
    paid,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
