import { connect, createServer, type Server, type Socket } from 'node:net';

export interface RelaySettings {
  /** Where peers connect to: the address that a member advertises. */
  readonly address: string;
  readonly port: number;
  /** Where the etcd behind it listens, at the same address. */
  readonly targetPort: number;
}

/** One direction of one connection. */
interface Flow {
  readonly from: Socket;
  readonly to: Socket;
  /** The first bytes that the caller sent: the request line and headers of etcd's streams. */
  readonly head: () => string;
  readonly waiting: { readonly chunk: Buffer; readonly dueMs: number }[];
}

/**
 * A slow or torn line between peers, in user space: everything that goes to a member's
 * peer URL passes through here, both ways.
 */
export class Relay {
  /** Every chunk arrives this much later. */
  delayMs = 0;
  readonly #server: Server;
  readonly #flows = new Set<Flow>();
  #holds: (head: string) => boolean = () => false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(settings: RelaySettings): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server);
    server.on('connection', (caller) => relay.#accept(caller, settings));
    await listening(server, settings.port, settings.address);
    return relay;
  }

  /** From now on nothing flows in connections whose first bytes are such; what comes is kept. */
  hold(holds: (head: string) => boolean): void {
    this.#holds = holds;
    for (const flow of this.#flows) this.#flush(flow);
  }

  /** Tears every connection that is open now; new ones are accepted. */
  tear(): void {
    for (const { from } of this.#flows) from.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.tear();
    await closed;
  }

  #accept(caller: Socket, { address, targetPort }: RelaySettings): void {
    const target = connect(targetPort, address);
    let head = '';
    caller.on('data', (chunk) => {
      if (head.length < 1_000) head += chunk.toString('latin1');
    });
    this.#pipe({ from: caller, to: target, head: () => head, waiting: [] });
    this.#pipe({ from: target, to: caller, head: () => head, waiting: [] });
  }

  #pipe(flow: Flow): void {
    const { from, to } = flow;
    this.#flows.add(flow);
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      flow.waiting.push({ chunk, dueMs: performance.now() + this.delayMs });
      if (this.delayMs === 0) this.#flush(flow);
      else setTimeout(() => this.#flush(flow), this.delayMs + 1);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#flows.delete(flow);
      to.destroy();
    });
  }

  #flush(flow: Flow): void {
    if (this.#holds(flow.head())) {
      flow.from.pause();
      return;
    }
    const nowMs = performance.now();
    const count = flow.waiting.findIndex(({ dueMs }) => dueMs > nowMs);
    const due = flow.waiting.splice(0, count < 0 ? flow.waiting.length : count);
    for (const { chunk } of due) if (flow.to.writable) flow.to.write(chunk);
    flow.from.resume();
  }
}

/** A host that takes connections and never says a word. Resolves to what ends it. */
export async function blackHole(address: string, port: number): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  await listening(server, port, address);
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}

/** @throws {Error} the address is taken. */
export async function listening(server: Server, port: number, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, address, resolve);
  });
}
