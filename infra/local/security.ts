import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type Authority, type KeyPair, makeAuthority } from './certificates.ts';
import { vpcDomainOf } from './fleet/names.ts';
import { whereNamesResolve } from './namespace.ts';
import type { ClientSettings } from './region.ts';
import type { Place } from './stacks.ts';

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const YEAR_MS = 365 * 86_400_000;
const USER = 'root';
const ETCDCTL_MS_MAX = 20_000;

export interface SecurityRequest {
  readonly cluster: string;
  /** The region's folder. Certificates go below `tls`, the password into `password`. */
  readonly dir: string;
  readonly etcdDir: string;
  readonly tls: boolean;
  readonly auth: boolean;
  /** Who signs the certificates. Default: a new one, whose key nobody keeps. */
  readonly authority?: Authority;
}

/** What a cluster of the local region is protected with, for its stack and for its clients. */
export interface Security {
  readonly parameters: Readonly<Record<string, string>>;
  readonly client: ClientSettings;
  /** Makes etcd ask for the user, once the cluster serves. @throws {Error} etcdctl refused, or took too long */
  readonly switchUsersOn: (endpoints: string) => Promise<void>;
}

/** Makes what is asked for and puts it where the cluster template looks for it. */
export async function secure(place: Place, request: SecurityRequest): Promise<Security> {
  const secrets = request.tls ? makeCertificates(place, request) : [];
  const password = randomBytes(18).toString('base64url');
  rmSync(join(request.dir, 'password'), { force: true });
  if (request.auth) writeFileSync(join(request.dir, 'password'), password, { mode: 0o600 });
  await store(place, request.cluster, [
    ...secrets,
    ...(request.auth ? [['password', 'SecureString', password] as const] : []),
  ]);
  const client = clientSettings(place, request);
  return {
    parameters: {
      ...(request.tls ? { Domain: vpcDomainOf(place.region), Tls: 'parameters' } : {}),
      ...(request.auth ? { AuthUser: USER } : {}),
    },
    client,
    switchUsersOn: async (endpoints) => {
      const etcdctl = (args: readonly string[], input = ''): Promise<void> =>
        runEtcdctl(request, { ...client.variables, ETCDCTL_ENDPOINTS: endpoints }, args, input);
      await etcdctl(['user', 'add', USER, '--interactive=false'], `${password}\n`);
      await etcdctl(['user', 'grant-role', USER, 'root']);
      await etcdctl(['auth', 'enable']);
    },
  };
}

type Stored = readonly [name: string, type: 'String' | 'SecureString', value: string];

function makeCertificates(place: Place, request: SecurityRequest): readonly Stored[] {
  const { dir, cluster, authority = makeAuthority(`etcd cluster ${cluster}, local region`) } = request;
  const validTo = new Date(Date.now() + YEAR_MS);
  const names = [`*.${vpcDomainOf(place.region)}`];
  // Workers reach members by a gateway on their own localhost, too.
  const member = authority.issue({ commonName: 'member', names, addresses: ['127.0.0.1'], validTo });
  const worker = authority.issue({ commonName: null, names: ['worker'], validTo });
  const client = authority.issue({ commonName: 'etcd-autopilot', validTo });
  keep(join(dir, 'tls'), authority.ca, authority.issue({ commonName: 'operator', validTo }));
  return [
    ['ca', 'String', authority.ca],
    ['member-cert', 'String', member.cert],
    ['member-key', 'SecureString', member.key],
    ['worker-cert', 'String', worker.cert],
    ['worker-key', 'SecureString', worker.key],
    ['client-cert', 'String', client.cert],
    ['client-key', 'SecureString', client.key],
  ];
}

/** What an operator of this machine connects with. */
function keep(folder: string, ca: string, { cert, key }: KeyPair): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of [
    ['ca.crt', ca],
    ['client.crt', cert],
    ['client.key', key],
  ] as const)
    writeFileSync(join(folder, name), text, { mode: 0o600 });
}

async function store(place: Place, cluster: string, secrets: readonly Stored[]): Promise<void> {
  const client = new SSMClient({ ...place, credentials: CREDENTIALS });
  for (const [name, Type, Value] of secrets) {
    const Name = `/etcd-autopilot-secrets/${cluster}/${name}`;
    await client.send(new PutParameterCommand({ Name, Type, Value, Overwrite: true }));
  }
  client.destroy();
}

/** With TLS, an etcdctl that finds the members by their names comes before the real one. */
function clientSettings(place: Place, { dir, etcdDir, tls }: SecurityRequest): ClientSettings {
  const bin = join(dir, 'bin');
  rmSync(bin, { recursive: true, force: true });
  if (!tls) return { variables: {}, path: [] };
  const command = whereNamesResolve(join(dir, 'hosts'), [join(etcdDir, 'etcdctl')]);
  mkdirSync(bin, { recursive: true });
  const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const where = `# etcdctl, where the machines' names (${vpcDomainOf(place.region)}) resolve.`;
  writeFileSync(join(bin, 'etcdctl'), `#!/bin/sh\n${where}\nexec ${words} "$@"\n`);
  chmodSync(join(bin, 'etcdctl'), 0o755);
  const file = (name: string): string => join(dir, 'tls', name);
  return {
    variables: {
      ETCDCTL_CACERT: file('ca.crt'),
      ETCDCTL_CERT: file('client.crt'),
      ETCDCTL_KEY: file('client.key'),
    },
    path: [bin],
  };
}

/** Secrets go in by standard input: they are in no argument list. */
function runEtcdctl(
  { dir, etcdDir, tls }: SecurityRequest,
  variables: Readonly<Record<string, string>>,
  args: readonly string[],
  input: string,
): Promise<void> {
  const child = spawn(join(tls ? join(dir, 'bin') : etcdDir, 'etcdctl'), args, {
    env: { PATH: process.env['PATH'], ...variables },
    stdio: ['pipe', 'ignore', 'pipe'],
    timeout: ETCDCTL_MS_MAX,
  });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString();
  });
  child.stdin.on('error', () => undefined); // it ended before it read: its exit code tells
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(new Error(`etcdctl ${args.slice(0, 2).join(' ')} failed: ${told.trim() || `code ${code}`}`));
    });
  });
}
