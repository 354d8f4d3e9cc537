import type { Socket } from 'node:net';
import { Command } from 'ioredis';
import type { RedisScript } from './redis-script.ts';

/** What is asked of Redis: a command by name, or a script; a script's first argument is its number of keys. */
export type RedisRequest = {
  /** The shard that it is for; requests of one shard are answered in the order in which they were made. */
  shard: number;
  command: string | RedisScript;
  arguments: (string | Buffer)[];
  /** Whether it may be sent again when nobody knows if it was done: it changes nothing. */
  reads: boolean;
  /** Whether the reply's texts are wanted as bytes. */
  bytes?: boolean;
};

/**
 * One sending of a request. What is written to a connection in one turn leaves in one packet; a script is sent
 * whole on a connection's first use of it, by its digest from then on.
 */
export class RedisCommand extends Command {
  /** Where it was written last; undefined as long as it was not. */
  socket: Socket | undefined;
  readonly #script: RedisScript | undefined;

  constructor({ command, arguments: operands, bytes = false }: RedisRequest) {
    const options = bytes ? {} : { replyEncoding: 'utf8' as const };
    if (typeof command === 'string') super(command, operands, options);
    else {
      super('evalsha', [command.sha, ...operands], options);
      this.#script = command;
    }
  }

  override toWritable(stream: object): string | Buffer {
    const socket = stream as Socket;
    this.socket = socket;
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    const script = this.#script;
    if (script !== undefined) {
      const known = script.sent.has(socket);
      script.sent.add(socket);
      this.name = known ? 'evalsha' : 'eval';
      this.args[0] = known ? script.sha : script.text;
    }
    return super.toWritable(stream);
  }

  /** After the server said that it does not know the script: the next sending is whole. */
  forgetScript(): void {
    if (this.socket !== undefined) this.#script?.sent.delete(this.socket);
  }
}
