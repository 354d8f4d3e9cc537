import type { ServerResponse } from 'node:http';

/** A stream of server-sent events in the form that OpenAI's API has. */
export class EventStream {
  readonly #response: ServerResponse;
  #buffer = '';
  #flushing = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.flushHeaders();
  }

  /** Sends one event; events of one turn of the loop go out in one write. */
  send(event: object): void {
    this.#buffer += `data: ${JSON.stringify(event)}\n\n`;
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  /** Ends the stream properly. */
  done(): void {
    this.#buffer += 'data: [DONE]\n\n';
    this.#flush();
    this.#response.end();
  }

  /** Breaks the stream off. */
  destroy(): void {
    this.#response.destroy();
  }

  #flush(): void {
    if (this.#buffer !== '' && !this.#response.destroyed) this.#response.write(this.#buffer);
    this.#buffer = '';
  }
}
