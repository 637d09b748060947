import { connect, createServer, type Server, type Socket } from 'node:net';
import { listening } from '../../support/relay.ts';

/** Another address of an etcd: from a worker's view a member of its own, that comes and goes in no time. */
export class Door {
  readonly address: string;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(address: string, target: string) {
    this.address = address;
    this.#server = createServer((caller) => {
      const inner = connect(2379, target);
      for (const [from, to] of [
        [caller, inner],
        [inner, caller],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => undefined).on('close', () => to.destroy());
        from.pipe(to);
      }
    });
  }

  get url(): string {
    return `http://${this.address}:2379`;
  }

  async open(): Promise<this> {
    await listening(this.#server, 2379, this.address);
    return this;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
