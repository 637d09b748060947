import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEtcd } from '../../functions/adapters/etcd/open.ts';
import {
  clientUrlOf,
  EtcdProcess,
  etcdBinDir,
  foundCluster,
  loopback,
  peerUrlOf,
} from '../support/etcd-process.ts';
import { type EtcdWorld, etcdPortContract } from './etcd-port.contract.ts';

const FOUNDERS = [loopback(0), loopback(1), loopback(2)];
const NEWCOMER = loopback(3);
const DEAD = loopback(4);
const BLACK_HOLE = loopback(5);

etcdPortContract('the adapter over a real etcd', makeWorld);

async function makeWorld(): Promise<EtcdWorld> {
  const binDir = await etcdBinDir();
  const dir = await mkdtemp(join(tmpdir(), 'etcd-contract-'));
  const token = `contract-${randomBytes(8).toString('hex')}`;
  const founders = await foundCluster({ addresses: FOUNDERS, prefix: 'founder', token, dir, binDir });
  const [first, second, third] = founders;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three founders');
  const initialCluster = `${first.settings.initialCluster},newcomer=${peerUrlOf(NEWCOMER)}`;
  const newcomer = new EtcdProcess({
    name: 'newcomer',
    address: NEWCOMER,
    dir: join(dir, 'newcomer'),
    binDir,
    initialCluster,
    initialState: 'existing',
    token,
  });
  const blackHole = await openBlackHole();
  return {
    founders: [nodeOf(first), nodeOf(second), nodeOf(third)],
    token,
    newcomer: nodeOf(newcomer),
    deadEndpoint: clientUrlOf(DEAD),
    blackHoleEndpoint: clientUrlOf(BLACK_HOLE),
    openPort: (deadlineMs) => openEtcd({ deadlineMs }),
    startNewcomer: async () => {
      await newcomer.start();
      await newcomer.ready();
    },
    kill: async (name) => founders.find((founder) => founder.settings.name === name)?.kill(),
    passSeconds: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000)),
    end: async () => {
      await Promise.all([...founders, newcomer].map((process) => process.kill()));
      await blackHole.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
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
