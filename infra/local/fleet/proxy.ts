import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** Passes requests on to the stage as they are, over connections that stay open and never wait to fill a packet. */
export class StageProxy {
  readonly #agent = new Agent({ keepAlive: true, noDelay: true });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  pass(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer | null): void {
    const onward = request(
      {
        host: '127.0.0.1',
        port: this.#port,
        agent: this.#agent,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', (error) => {
      if (outgoing.headersSent) outgoing.destroy();
      else
        outgoing
          .writeHead(502, { 'content-type': 'text/plain' })
          .end(`the stage did not answer: ${error.message}`);
    });
    outgoing.on('close', () => onward.destroy());
    if (body === null) incoming.pipe(onward);
    else onward.end(body);
  }

  close(): void {
    this.#agent.destroy();
  }
}
