import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';
import { EtcdClients } from '../../functions/adapters/etcd/clients.ts';
import { openEtcd } from '../../functions/adapters/etcd/open.ts';
import type { EtcdAlarm } from '../../functions/core/maintenance-port.ts';
import { testEtcd } from '../support/answering-etcd.ts';
import { clientUrlUnder, peerUrlUnder } from '../support/etcd-command.ts';
import { EtcdProcess, foundersOf, loopback } from '../support/etcd-process.ts';
import { TlsGround } from '../support/tls-ground.ts';
import type { EtcdWorld } from './etcd-world.ts';

const FOUNDERS = [loopback(0), loopback(1), loopback(2)];
const NEWCOMER = loopback(3);
const DEAD = loopback(4);
const BLACK_HOLE = loopback(5);
const LATER = loopback(6);

const DOMAIN = 'contract.test';
const ADDRESSES = new Map([
  ...FOUNDERS.map((address, index) => [`founder-${index}`, address] as const),
  ['newcomer', NEWCOMER],
  ['dead', DEAD],
  ['black-hole', BLACK_HOLE],
  ['later', LATER],
]);
const ROOT = { user: 'root', password: 'right' };

/** `secured`: with TLS on both ports, and with etcd asking for users. */
export async function makeRealWorld(secured: boolean): Promise<EtcdWorld> {
  const ground = secured ? await TlsGround.make(DOMAIN, ADDRESSES) : null;
  const tls = ground === null ? {} : { tls: ground.tls };
  const { dir: binDir, version } = await testEtcd();
  const dir = await mkdtemp(join(tmpdir(), 'etcd-contract-'));
  const token = `contract-${randomBytes(8).toString('hex')}`;
  const founders = foundersOf({ addresses: FOUNDERS, prefix: 'founder', token, dir, binDir, ...tls });
  const [first, second, third] = founders;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three founders');
  await Promise.all([first.start(), second.start()]);
  await Promise.all([first.ready(), second.ready()]);
  if (ground !== null) await switchUsersOn(ground, founders);
  const newcomerTold = (folder: string, told: readonly EtcdProcess[]): EtcdProcess =>
    new EtcdProcess({
      name: 'newcomer',
      address: NEWCOMER,
      dir: join(dir, folder),
      binDir,
      initialCluster: [
        ...told.map(({ settings, peerUrl }) => `${settings.name}=${peerUrl}`),
        `newcomer=${peerUrlUnder({ name: 'newcomer', address: NEWCOMER, ...tls })}`,
      ].join(','),
      initialState: 'existing',
      token,
      ...tls,
    });
  const newcomer = newcomerTold('newcomer', founders);
  const misled = newcomerTold('misled', [second, third]);
  const processOf = (name: string): EtcdProcess => {
    const found = [...founders, newcomer].find(({ settings }) => settings.name === name);
    if (found === undefined) throw new Error(`nobody is called ${name}`);
    return found;
  };
  const blackHole = await openBlackHole();
  return {
    version,
    founders: [nodeOf(first), nodeOf(second), nodeOf(third)],
    token,
    hasUsers: secured,
    newcomer: nodeOf(newcomer),
    later: {
      name: 'later',
      clientUrl: clientUrlUnder({ name: 'later', address: LATER, ...tls }),
      peerUrl: peerUrlUnder({ name: 'later', address: LATER, ...tls }),
    },
    deadEndpoint: clientUrlUnder({ name: 'dead', address: DEAD, ...tls }),
    blackHoleEndpoint: clientUrlUnder({ name: 'black-hole', address: BLACK_HOLE, ...tls }),
    openPort: (deadlineMs) => openEtcd({ deadlineMs, ...ground?.access(ROOT) }),
    nowMs: () => Date.now(),
    passSeconds: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000)),
    startNewcomer: (told) => begin(told === 'everybody' ? newcomer : misled),
    start: (name) => processOf(name).start(),
    kill: (name) => processOf(name).kill(),
    freeze: (name) => processOf(name).freeze(),
    thaw: (name) => processOf(name).thaw(),
    raise: (alarm) => raise(new EtcdClients({ deadlineMs: 2_000, ...ground?.access(ROOT) }), first, alarm),
    end: async () => {
      await Promise.all([...founders, newcomer, misled].map((process) => process.kill()));
      await blackHole.close();
      await ground?.end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function raise(
  clients: EtcdClients,
  { clientUrl }: EtcdProcess,
  { memberId, alarm }: EtcdAlarm,
): Promise<void> {
  const spelled = alarm === 'CORRUPT' ? 'Corrupt' : 'Nospace';
  await clients.ask(clientUrl, (client, limits) =>
    client.maintenance.alarm({ action: 'Activate', memberID: memberId, alarm: spelled }, limits),
  );
  clients.close();
}

/** Whether it serves, or ended by itself. */
async function begin(process: EtcdProcess): Promise<boolean> {
  await process.start();
  return process.ready().then(
    () => true,
    () => !process.hasQuit,
  );
}

async function switchUsersOn(ground: TlsGround, founders: readonly EtcdProcess[]): Promise<void> {
  const { ca, client } = ground.certificates;
  const admin = new Etcd3({
    hosts: founders.slice(0, 1).map(({ settings }) => `https://${settings.address}:2379`),
    credentials: {
      rootCertificate: Buffer.from(ca),
      certChain: Buffer.from(client.cert),
      privateKey: Buffer.from(client.key),
    },
    grpcOptions: { 'grpc.ssl_target_name_override': `founder-0.${ground.domain}` },
  });
  await admin.user(ROOT.user).create(ROOT.password);
  await admin.role('root').create();
  await admin.user(ROOT.user).addRole('root');
  await admin.auth.authEnable();
  admin.close();
}

const nodeOf = ({ settings, clientUrl, peerUrl }: EtcdProcess) => ({
  name: settings.name,
  clientUrl,
  peerUrl,
});

async function openBlackHole(): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(2379, BLACK_HOLE, resolve);
  });
  return {
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
