import { createSocket } from 'node:dgram';

/** A name server for one name: what it says can change at any time. */
export type DnsServer = {
  /** IPv4 addresses; none: the name does not exist. `fail`: it could not find out. `silent`: no answer at all. */
  says: readonly string[] | 'fail' | 'silent';
  /** Questions that came, by the name that was asked for. */
  readonly asked: string[];
  close(): void;
};

const HEADER_BYTES = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
const POINTER_TO_QUESTION = 0xc00c;
/** An answer, with authority, recursion available. */
const FLAGS = 0x8580;
const SERVER_FAILURE = 2;
const NO_SUCH_NAME = 3;

/** Starts it on the port for names of an address (RFC 1035, over UDP). */
export async function startDnsServer(address: string, name: string): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const server: DnsServer = { says: [], asked: [], close: () => socket.close() };
  socket.on('message', (query, { address: from, port }) => {
    const question = readQuestion(query);
    server.asked.push(question.name);
    if (server.says === 'silent') return;
    const hasFailed = server.says === 'fail';
    const addresses = hasFailed || question.name !== name ? [] : server.says;
    const code = hasFailed ? SERVER_FAILURE : addresses.length === 0 ? NO_SUCH_NAME : 0;
    const records = question.type === TYPE_A ? (addresses as readonly string[]).map(recordOf) : [];
    socket.send(answerTo(query, question.end, code, records), port, from);
  });
  await new Promise<void>((resolve) => socket.bind(53, address, resolve));
  return server;
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function recordOf(address: string): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(POINTER_TO_QUESTION, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt16BE(4, 10);
  record.set(address.split('.').map(Number), 12);
  return record;
}

function answerTo(query: Buffer, end: number, code: number, records: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(FLAGS | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records]);
}
