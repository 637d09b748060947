import { expect, test } from 'vitest';
import { chooseSources, sourceOf } from '../../../functions/core/backup/choose.ts';
import type { EtcdStatus } from '../../../functions/core/etcd-status.ts';
import type { Probe } from '../../../functions/core/ports.ts';

const CLUSTER_ID = '77';
const status = (memberId: string, over: Partial<EtcdStatus> = {}): EtcdStatus => ({
  memberId,
  clusterId: CLUSTER_ID,
  leaderId: '1',
  isLearner: false,
  raftIndex: '100',
  raftTerm: '2',
  appliedIndex: '100',
  revision: '50',
  version: '3.6.14',
  dbSizeBytes: 1,
  dbSizeInUseBytes: 1,
  errors: [],
  ...over,
});
const probe = (memberId: string, over: Partial<EtcdStatus> = {}, linearizable = true): Probe => ({
  kind: 'status',
  endpoint: `http://10.0.0.${memberId}:2379`,
  status: status(memberId, over),
  linearizable,
});
const instanceAt = (endpoint: string) => (endpoint.includes('.9:') ? null : `i-${endpoint.slice(14, -5)}`);
const chosen = (...probes: readonly Probe[]) =>
  chooseSources(probes, instanceAt, CLUSTER_ID).map(({ memberId }) => memberId);

test('followers come before the leader, and of them whoever lags least', () => {
  const found = chosen(
    probe('1', { raftIndex: '18446744073709551000' }),
    probe('2', { raftIndex: '18446744073709550000' }),
    probe('3', { raftIndex: '18446744073709550001' }),
  );
  expect(found).toEqual(['3', '2', '1']);
});

test('the leader sends its own where nobody else can', () => {
  expect(
    chosen(probe('1'), { kind: 'silent', endpoint: 'http://10.0.0.2:2379', because: 'deadline' }),
  ).toEqual(['1']);
});

test.each([
  ['a learner', probe('2', { isLearner: true })],
  ['whoever has no majority behind it', probe('2', {}, false)],
  ['whoever sees no leader', probe('2', { leaderId: null })],
  ['a member of another cluster', probe('2', { clusterId: '78' })],
  ['a member whose data may be corrupt', probe('2', { errors: ['memberID:2 alarm:CORRUPT '] })],
  ['a member that belongs to no instance', probe('9')],
])('%s is never copied', (_, one) => {
  expect(chosen(one)).toEqual([]);
  expect(sourceOf(one, instanceAt, CLUSTER_ID)).toBeNull();
});

test('a database that is full is as worth keeping as before', () => {
  expect(chosen(probe('2', { errors: ['memberID:2 alarm:NOSPACE '] }))).toEqual(['2']);
  expect(chosen(probe('2', { errors: ['memberID:2 alarm:NOSPACE ', 'memberID:3 alarm:CORRUPT '] }))).toEqual(
    [],
  );
});

test('a source says whose it is', () => {
  expect(sourceOf(probe('2'), instanceAt, CLUSTER_ID)).toEqual({
    memberId: '2',
    instanceId: 'i-2',
    endpoint: 'http://10.0.0.2:2379',
    clusterId: CLUSTER_ID,
    status: status('2'),
  });
});
