import { createServer, type Server } from 'node:http';

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** It takes the request and never answers. */
  readonly isMute?: boolean;
}

/** An endpoint that answers every invocation alike, or by its path, and remembers what it was asked. */
export interface FakeLambda {
  readonly url: string;
  readonly asked: { readonly path: string; readonly body: string }[];
  readonly firstAsked: Promise<void>;
  close(): Promise<void>;
}

export async function startFakeLambda(replies: Reply | ((path: string) => Reply)): Promise<FakeLambda> {
  const asked: { path: string; body: string }[] = [];
  const first = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      asked.push({ path: request.url ?? '', body });
      first.resolve();
      const reply = typeof replies === 'function' ? replies(request.url ?? '') : replies;
      if (reply.isMute === true) return;
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
      response.end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    asked,
    firstAsked: first.promise,
    close: () => closed(server),
  };
}

/** A port of this machine where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  await closed(server);
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
  return address.port;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
