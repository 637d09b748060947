import { describe, expect, test } from 'vitest';
import type { MemberEntry, Probe } from '../../functions/core/ports.ts';
import { observeAlarmed } from '../../functions/engine/observe-alarms.ts';
import { DEFRAGMENT_TTL_SECONDS, Permit } from '../../functions/engine/permit.ts';
import { STEP_BUDGET_MS, stepBudgetMs } from '../../functions/engine/steps.ts';
import { openFakeEtcd } from '../simulation/etcd/fake-etcd-port.ts';
import { grown } from '../support/story.ts';

const ALARM = 'memberID:11 alarm:NOSPACE ';

/** Whether a voter of a cluster that is armed counts with a status that differs in this. */
async function counts(over: Partial<Extract<Probe, { kind: 'status' }>['status']>, linearizable = true) {
  const { etcd } = await grown(3);
  const [voter] = etcd.voters();
  etcd.alarms.set(voter?.id ?? '', 'NOSPACE');
  const port = openFakeEtcd(etcd);
  const probes = await port.probe([voter?.clientUrl ?? '']);
  const changed = probes.map((probe) =>
    probe.kind === 'status'
      ? { ...probe, linearizable, status: { ...probe.status, errors: [ALARM], ...over } }
      : probe,
  );
  const seen: MemberEntry[] = [];
  const toMembers = (list: readonly MemberEntry[]) => {
    seen.push(...list);
    return [];
  };
  const view = await observeAlarmed(port, changed, etcd.clusterId ?? '', toMembers);
  expect(seen).toHaveLength(view === null ? 0 : 3);
  return view !== null;
}

describe('a voter counts while an alarm stands only as it would answer without it', () => {
  test.each([
    ['with nothing but the alarm', {}, true],
    ['with the alarm as etcd 3.7 writes it', { errors: ['memberID:11 alarm:NOSPACE'] }, true],
    ['with the alarm as another build of it does', { errors: ['memberID:11  alarm:NOSPACE'] }, true],
    ['with several alarms', { errors: [ALARM, 'memberID:12 alarm:CORRUPT '] }, true],
    ['without any error', { errors: [] }, false],
    ['with another error beside it', { errors: [ALARM, 'etcdserver: no leader'] }, false],
    ['with an error that only mentions one', { errors: [`it failed: ${ALARM}`] }, false],
    ['as a learner', { isLearner: true }, false],
    ['without a leader', { leaderId: null }, false],
    ['of another cluster', { clusterId: '88' }, false],
  ])('%s: %j %j', async (_name, over, isCounted) => {
    expect(await counts(over)).toBe(isCounted);
  });

  test('not when a majority says that it is taken back by now', async () => {
    const { etcd } = await grown(3);
    const [voter] = etcd.voters();
    const port = openFakeEtcd(etcd);
    const probes = (await port.probe([voter?.clientUrl ?? ''])).map((probe) =>
      probe.kind === 'status' ? { ...probe, status: { ...probe.status, errors: [ALARM] } } : probe,
    );
    expect(await observeAlarmed(port, probes, etcd.clusterId ?? '', () => [])).toBeNull();
  });

  test('not without a linearizable read', async () => {
    expect(await counts({}, false)).toBe(false);
  });
});

describe('a defragmentation takes longer than other steps', () => {
  const about = { memberId: '11', instanceId: null, because: 'fragmented', record: null } as const;
  const plan = {
    actions: [{ kind: 'defragment', endpoint: 'http://10.0.0.1:2379', ...about } as const],
    waits: [],
  };

  test('so it is begun only where enough is left of the pass', () => {
    expect(stepBudgetMs(plan)).toBeGreaterThan(STEP_BUDGET_MS);
    expect(stepBudgetMs({ actions: [], waits: [] })).toBe(STEP_BUDGET_MS);
  });

  test('and its permit lives longer, also where a shorter one is held', async () => {
    const { etcd } = await grown(3);
    const url = etcd.voters()[0]?.clientUrl ?? '';
    const permit = new Permit(() => openFakeEtcd(etcd), 'owner');
    expect(await permit.ensure(url, 'addLearner', 0)).toBe('taken');
    expect(await permit.ensure(url, 'defragment', 0, DEFRAGMENT_TTL_SECONDS)).toBe('taken');
    expect(etcd.permit?.ttlSeconds).toBe(DEFRAGMENT_TTL_SECONDS);
    expect(await permit.ensure(url, 'addLearner', 0)).toBe('fresh');
  });
});
