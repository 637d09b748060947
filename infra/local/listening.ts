import type { Server } from 'node:http';
import { createServer, type Server as NetServer } from 'node:net';

/** Held at x.1 of the range while a region uses it, so that two regions never share addresses. */
const RANGE_LOCK_PORT = 1339;

/** Listens on that port of the address, or, if it may, on a free one when that is taken. */
export async function listen(
  server: Server,
  wanted: number,
  mayMove: boolean,
  host = '127.0.0.1',
): Promise<number> {
  const attempt = (port: number): Promise<number | null> =>
    new Promise((done, fail) => {
      const failed = (error: NodeJS.ErrnoException): void =>
        error.code === 'EADDRINUSE' ? done(null) : fail(error);
      server.once('error', failed);
      server.listen(port, host, () => {
        server.off('error', failed);
        const address = server.address();
        done(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  const first = await attempt(wanted);
  const port = first ?? (mayMove ? await attempt(0) : null);
  if (port === null) throw new Error(`port ${wanted} is taken`);
  return port;
}

/** Takes a /24 of 127.30.0.0/16 that no other region of this machine uses, for as long as the lock is open. */
export async function claimRange(): Promise<{ readonly prefix: string; readonly lock: NetServer }> {
  for (let third = 1; third < 255; third += 1) {
    const lock = await new Promise<NetServer | null>((done) => {
      const server = createServer();
      server.once('error', () => done(null));
      server.listen(RANGE_LOCK_PORT, `127.30.${third}.1`, () => done(server));
    });
    if (lock !== null) return { prefix: `127.30.${third}`, lock };
  }
  throw new Error('every range of 127.30.0.0/16 is in use');
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
