import { createServer, type Http2Server } from 'node:http2';

/** A gRPC server that answers every call with one and the same error, and counts the calls. */
export interface SayingServer {
  readonly endpoint: string;
  /** What it says from now on. */
  say(code: number, message: string): void;
  readonly paths: string[];
  close(): Promise<void>;
}

export async function openSayingServer(address: string): Promise<SayingServer> {
  const paths: string[] = [];
  let saying = { code: 14, message: '' };
  const server: Http2Server = createServer();
  server.on('stream', (stream, headers) => {
    paths.push(String(headers[':path']));
    stream.on('error', () => undefined);
    const trailers = { 'grpc-status': saying.code, 'grpc-message': encodeURI(saying.message) };
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers }, { endStream: true });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(2379, address, resolve);
  });
  return {
    endpoint: `http://${address}:2379`,
    say: (code, message) => {
      saying = { code, message };
    },
    paths,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
