import { expect, test } from 'vitest';
import { clusterIdOf, memberIdOf } from '../../functions/core/raft-ids.ts';

/** Shown by etcd 3.4.23 and 3.6.14 for these founders; test/adapters/etcd/founders.test.ts asks a real one. */
const TOKEN = 'founders-7-0123456789abcdef';
const FOUNDERS = {
  'http://127.20.3.1:2380': '5905181229671411709',
  'http://127.20.3.2:2380': '3571016841291999548',
  'http://127.20.3.3:2380': '11271575428106745009',
} as const;
const CLUSTER_ID = '5848068741506065886';

test('a founder has the id that etcd shows for its address and token', () => {
  for (const [peerUrl, id] of Object.entries(FOUNDERS)) expect(memberIdOf(peerUrl, TOKEN)).toBe(id);
});

test('a cluster has the id that etcd shows, in whatever order its founders are named', () => {
  const peerUrls = Object.keys(FOUNDERS);
  expect(clusterIdOf(peerUrls, TOKEN)).toBe(CLUSTER_ID);
  expect(clusterIdOf(peerUrls.toReversed(), TOKEN)).toBe(CLUSTER_ID);
});

test('another token makes another cluster of the same addresses', () => {
  const peerUrls = Object.keys(FOUNDERS);
  expect(clusterIdOf(peerUrls, 'founders-8-0123456789abcdef')).not.toBe(CLUSTER_ID);
  expect(memberIdOf('http://127.20.3.1:2380', 'founders-8-0123456789abcdef')).not.toBe(
    FOUNDERS['http://127.20.3.1:2380'],
  );
});
