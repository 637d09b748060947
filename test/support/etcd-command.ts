import { join } from 'node:path';
import { whereNamesResolve } from '../../infra/local/namespace.ts';
import type { EtcdTls } from './tls-ground.ts';

export interface EtcdSettings {
  readonly name: string;
  /** Loopback address of its own; ports 2379 and 2380 there. */
  readonly address: string;
  /** Holds the data directory; made if absent, never cleaned. */
  readonly dir: string;
  /** Folder with the `etcd` binary, see `etcdBinDir`. */
  readonly binDir: string;
  /** `name=peerUrl,…` */
  readonly initialCluster: string;
  readonly initialState: 'new' | 'existing';
  readonly token: string;
  readonly flags?: readonly string[];
  /** Where it listens for peers instead of 2380, because something else listens there for it. */
  readonly peerListenPort?: number;
  /** It speaks TLS on both ports, asks everybody for a certificate, and is `<name>.<domain>`. */
  readonly tls?: EtcdTls;
}

const CLIENT_PORT = 2379;
const PEER_PORT = 2380;

export type Named = Pick<EtcdSettings, 'name' | 'address' | 'tls'>;

/** As peers and clients are told. */
const urlOf = ({ name, address, tls }: Named, port: number): string =>
  tls === undefined ? `http://${address}:${port}` : `https://${name}.${tls.domain}:${port}`;
const listenUrlOf = ({ address, tls }: Named, port: number): string =>
  `${tls === undefined ? 'http' : 'https'}://${address}:${port}`;

export const clientUrlOf = (address: string): string => `http://${address}:2379`;
export const peerUrlOf = (address: string): string => `http://${address}:2380`;

export const clientUrlUnder = (named: Named): string => urlOf(named, CLIENT_PORT);
export const peerUrlUnder = (named: Named): string => urlOf(named, PEER_PORT);

/** Program and arguments. */
export function commandOf(settings: EtcdSettings): readonly string[] {
  const command = [join(settings.binDir, 'etcd'), ...argumentsOf(settings)];
  return settings.tls === undefined ? command : whereNamesResolve(settings.tls.hostsPath, command);
}

function argumentsOf(settings: EtcdSettings): readonly string[] {
  const client = urlOf(settings, CLIENT_PORT);
  const peer = urlOf(settings, PEER_PORT);
  const { tls, peerListenPort = PEER_PORT } = settings;
  return [
    `--name=${settings.name}`,
    `--data-dir=${join(settings.dir, 'data')}`,
    `--listen-client-urls=${listenUrlOf(settings, CLIENT_PORT)}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${listenUrlOf(settings, peerListenPort)}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=${settings.initialCluster}`,
    `--initial-cluster-state=${settings.initialState}`,
    `--initial-cluster-token=${settings.token}`,
    '--pre-vote=true', // off by default in 3.4
    ...(tls === undefined ? [] : tlsFlags(tls)),
    ...(settings.flags ?? []),
  ];
}

const tlsFlags = ({ directory }: EtcdTls): readonly string[] =>
  ['', 'peer-'].flatMap((side) => [
    `--${side}cert-file=${join(directory, 'member.crt')}`,
    `--${side}key-file=${join(directory, 'member.key')}`,
    `--${side}trusted-ca-file=${join(directory, 'ca.crt')}`,
    `--${side}client-cert-auth`,
  ]);
