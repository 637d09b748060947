import { expect } from 'vitest';
import { FakeEtcdWorld } from './fake-etcd.ts';
import { Operator } from './operator.ts';

/*
 * What the contract cannot make a real etcd show in seconds: partitions, ghosts, lost disks and
 * operators. Each was seen on real ones, or follows from what was.
 */
const TOKEN = 'model';
export const peerUrl = (nth: number): string => `http://10.0.0.${nth}:2380`;
export const clientUrl = (nth: number): string => `http://10.0.0.${nth}:2379`;

export let nowMs = 0;
export let etcd: FakeEtcdWorld;

export const idOf = (nth: number): string =>
  etcd.members.find((one) => one.peerUrl === peerUrl(nth))?.id ?? '';

export function start(nth: number, members: readonly string[], state: 'new' | 'existing'): void {
  const ticket = {
    ETCD_INITIAL_ADVERTISE_PEER_URLS: peerUrl(nth),
    ETCD_ADVERTISE_CLIENT_URLS: clientUrl(nth),
    ETCD_INITIAL_CLUSTER: members.map((url) => `name=${url}`).join(','),
    ETCD_INITIAL_CLUSTER_TOKEN: TOKEN,
    ETCD_INITIAL_CLUSTER_STATE: state,
  };
  etcd.startFresh(`i-${nth}`, new Map(Object.entries(ticket)));
}

export function found(size: number, version = '3.5.33'): void {
  nowMs = 1_000_000;
  etcd = new FakeEtcdWorld(() => nowMs, version);
  etcd.onWait = pass;
  const urls = Array.from({ length: size }, (_, index) => peerUrl(index + 1));
  for (const nth of urls.keys()) start(nth + 1, urls, 'new');
  pass(10_000);
}

export function pass(ms: number): void {
  nowMs += ms;
  etcd.elect();
}

/** Lets a newcomer join as a voter, past all rules. */
export function join(nth: number): void {
  const operator = new Operator(etcd);
  expect(operator.add(peerUrl(nth), true)).toBeNull();
  start(
    nth,
    etcd.members.map((one) => one.peerUrl),
    'existing',
  );
  expect(operator.promote(idOf(nth))).toBeNull();
  pass(10_000);
}
