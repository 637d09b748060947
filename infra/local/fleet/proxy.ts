import { Agent, type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** Passes requests on to the stage as they are, over connections that stay open and never wait to fill a packet. */
export class StageProxy {
  readonly #agent = new Agent({ keepAlive: true, noDelay: true });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  pass(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer | null): void {
    const onward = this.#start(incoming, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
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

  /** Has the stage carry the request out, and throws the answer away; also when the caller has gone. */
  carryOut(incoming: IncomingMessage, body: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const onward = this.#start(incoming, (answer) => void answer.resume().once('close', () => resolve()));
      onward.once('error', reject);
      onward.end(body);
    });
  }

  #start(incoming: IncomingMessage, onAnswer: (answer: IncomingMessage) => void): ClientRequest {
    const { method, url, headers } = incoming;
    return request(
      { host: '127.0.0.1', port: this.#port, agent: this.#agent, method, path: url, headers },
      onAnswer,
    );
  }

  close(): void {
    this.#agent.destroy();
  }
}
