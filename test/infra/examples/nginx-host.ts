import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { obtainNginx } from '../../../infra/examples/nginx/obtain-nginx.ts';
import { EtcdProcess, etcdBinDir, peerUrlOf } from '../../support/etcd-process.ts';
import { listening } from '../../support/relay.ts';
import type { MemberHost } from '../node/member-host.ts';
import { ENDPOINTS_NAME, isReady, workerHost } from '../node/worker-host.ts';

const run = promisify(execFile);
const EXAMPLE = new URL('../../../infra/examples/nginx/boot-commands.sh', import.meta.url);
const BACKEND_PORT = 8_080;
const FRONT_PORT = 8_000;

/** The template that the example's boot commands write. */
function exampleTemplate(): string {
  const found = /<<'TEMPLATE'\n(.*?)\nTEMPLATE\n/s.exec(readFileSync(EXAMPLE, 'utf8'))?.[1];
  if (found === undefined) throw new Error('the example holds no template');
  return found;
}

/** A worker with a real nginx whose backends come from a real etcd, through the example's template. */
export class NginxHost {
  readonly address: string;
  readonly #etcd: EtcdProcess;
  readonly #dir: string;
  #worker: MemberHost | null = null;
  #nginx: ChildProcess | null = null;
  readonly #backends = new Map<string, Server>();

  private constructor(address: string, etcd: EtcdProcess) {
    this.address = address;
    this.#etcd = etcd;
    this.#dir = etcd.settings.dir;
  }

  static async open(address: string, etcdAddress: string): Promise<NginxHost> {
    const etcd = new EtcdProcess({
      name: 'core',
      address: etcdAddress,
      dir: mkdtempSync(join(tmpdir(), 'etcd-autopilot-nginx-')),
      binDir: await etcdBinDir(),
      initialCluster: `core=${peerUrlOf(etcdAddress)}`,
      initialState: 'new',
      token: 'nginx',
    });
    await etcd.start();
    await etcd.ready();
    const host = new NginxHost(address, etcd);
    await host.#startNginx();
    return host;
  }

  get etcd(): EtcdProcess {
    return this.#etcd;
  }
  get worker(): MemberHost {
    if (this.#worker === null) throw new Error('not booted');
    return this.#worker;
  }
  /** The addresses that nginx was last told. */
  get upstreams(): readonly string[] {
    const path = this.path('conf.d/web.conf');
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return [...text.matchAll(/^ +server ([\d.:]+) /gm)].map((match) => match[1] ?? '');
  }

  path(name: string): string {
    return join(this.#dir, name);
  }

  /** Boots the worker: its boot commands follow the services, as a service of systemd would. */
  async boot(): Promise<void> {
    writeFileSync(
      this.path('web.conf.template'),
      exampleTemplate().replace('listen 80 default_server', `listen ${this.address}:${FRONT_PORT}`),
    );
    const nginx = this.path('nginx.sh');
    this.#worker = await workerHost({
      address: this.address,
      parameters: {
        LocalEtcd: 'none',
        BootCommands: `sh "$AUTOPILOT_SCRIPT" render /services/web/ ${this.path('web.conf.template')} ${this.path('conf.d/web.conf')} \\
  'sh ${nginx} -t' 'sh ${nginx} -s reload' &`,
      },
    });
    this.worker.region.parameters.set(ENDPOINTS_NAME, this.#etcd.clientUrl);
    await this.worker.boot();
    await isReady(this.worker);
  }

  async put(key: string, value: string): Promise<void> {
    await this.etcdctl('put', '--', key, value);
  }
  async etcdctl(...args: readonly string[]): Promise<void> {
    await run(join(this.#etcd.settings.binDir, 'etcdctl'), args, {
      env: { PATH: process.env['PATH'], ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: this.#etcd.clientUrl },
    });
  }

  /** An instance of the service comes into service: it answers, and then it is registered. */
  async serve(address: string): Promise<void> {
    const server = createServer((_request, response) => setTimeout(() => response.end(address), 15));
    await listening(server, BACKEND_PORT, address);
    this.#backends.set(address, server);
    await this.put(keyOf(address), `${address}:${BACKEND_PORT}`);
  }

  /** It leaves: its registration is removed, and after the drain it ends, whatever is connected. */
  async leave(address: string, drainMs: number): Promise<void> {
    await this.etcdctl('del', keyOf(address));
    await sleep(drainMs);
    this.die(address);
  }

  /** It ends without a word. */
  die(address: string): void {
    this.#backends.get(address)?.close();
    this.#backends.get(address)?.closeAllConnections();
    this.#backends.delete(address);
  }

  /** One request on a connection of its own: which backend answered, or what went wrong. */
  request(): Promise<string> {
    return new Promise((resolve) => {
      const agent = new Agent({ keepAlive: false });
      const request = get({ host: this.address, port: FRONT_PORT, agent, timeout: 5_000 }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on('end', () =>
          resolve(response.statusCode === 200 ? body : `failed ${response.statusCode}`),
        );
        response.on('error', (error) => resolve(`failed ${error.message}`));
      });
      request.on('timeout', () => request.destroy(new Error('too slow')));
      request.on('error', (error) => resolve(`failed ${error.message}`));
    });
  }

  async close(): Promise<void> {
    await this.#worker?.destroy();
    if (this.#nginx !== null) {
      const ended = once(this.#nginx, 'exit');
      this.#nginx.kill('SIGTERM');
      await ended;
    }
    for (const address of [...this.#backends.keys()]) this.die(address);
    await this.#etcd.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #startNginx(): Promise<void> {
    const program = await obtainNginx();
    for (const folder of ['conf.d', 'logs', 'temp']) mkdirSync(this.path(folder), { recursive: true });
    writeFileSync(this.path('nginx.conf'), settings(this.#dir));
    const args = ['-e', this.path('logs/error.log'), '-p', this.#dir, '-c', this.path('nginx.conf')];
    writeFileSync(this.path('nginx.sh'), `exec ${program} ${args.join(' ')} "$@"\n`);
    this.#nginx = spawn(program, args, { stdio: 'ignore' });
  }
}

export const keyOf = (address: string): string =>
  `/services/web/i-${address.replaceAll('.', '').padStart(17, '0')}:${BACKEND_PORT}`;

const settings = (dir: string): string => `daemon off;
worker_processes 2;
pid ${dir}/nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${dir}/temp/body;
  proxy_temp_path ${dir}/temp/proxy;
  fastcgi_temp_path ${dir}/temp/fastcgi;
  uwsgi_temp_path ${dir}/temp/uwsgi;
  scgi_temp_path ${dir}/temp/scgi;
  include ${dir}/conf.d/*.conf;
}
`;
