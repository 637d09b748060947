import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';

/** A folder with tools that only say that they are etcd of this version. */
export async function writeTools(dir: string, version: string, clientVersion = version): Promise<void> {
  await writeProgram(dir, 'etcd', `echo "etcd Version: ${version}"`);
  await writeProgram(dir, 'etcdctl', `echo "etcdctl version: ${clientVersion}"`);
}

export async function writeProgram(dir: string, name: string, body: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, name), `#!/bin/sh\n${body}\n`);
  await chmod(join(dir, name), 0o755);
}

/** Serves files by path; what is not there is 404, and `hang` never answers. */
export async function serveFiles(
  files: ReadonlyMap<string, Buffer | 'hang'>,
): Promise<{ readonly url: string; readonly asked: string[]; close(): Promise<void> }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const file = files.get(path);
    if (file === 'hang') return;
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.20.4.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.20.4.1:${address.port}`,
    asked,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
