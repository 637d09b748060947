import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programOf } from '../../../infra/cli/program.ts';
import { startTicksOf, writeRecord } from '../../../infra/local/environment.ts';

/** A directory of a region, for commands that are run in it. */
export function openDirectory() {
  const dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-cli-'));
  const closing: (() => void)[] = [() => rmSync(dir, { recursive: true, force: true })];

  /** This process plays the region of the directory. */
  function note(endpoint: string): void {
    const { pid } = process;
    const record = { pid, pidStartTicks: startTicksOf(pid) ?? '', region: 'us-east-1', startedAt: 'today' };
    writeRecord(dir, { ...record, endpoint });
  }

  return {
    dir,
    note,
    close: () => {
      for (const close of closing) close();
    },
    /** A region that answers everything alike, and remembers what it was asked. */
    serve: async (answer: object, status = 200): Promise<readonly string[]> => {
      const asked: string[] = [];
      const server = createServer(async (request, response) => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        asked.push(`${request.method} ${request.url} ${body}`.trim());
        response.writeHead(status).end(JSON.stringify(answer));
      });
      closing.push(() => {
        server.close();
        server.closeAllConnections();
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      const address = server.address();
      note(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
      return asked;
    },
    /** Runs `local …` there. */
    run: async (...args: readonly string[]) => {
      let out = '';
      let err = '';
      const program = programOf({
        env: {},
        out: (text) => {
          out += text;
        },
        err: (text) => {
          err += text;
        },
      });
      const code = await program.run(['local', ...args, '--dir', dir]);
      return { code, out, err };
    },
  };
}
