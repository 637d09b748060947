import { describe, expect, test } from 'vitest';
import { OWN_CHECKS } from '../../functions/core/checks/catalog.ts';
import { encodeChecks, NO_CHECKS } from '../../functions/core/checks/memory.ts';
import { OperationError } from '../../functions/core/errors.ts';
import { ADVICE } from '../../functions/core/finding.ts';
import { NO_MEMORY } from '../../functions/core/memory.ts';
import type { Member } from '../../functions/core/observation.ts';
import { planAnswer, type StatusAnswer, statusAnswer } from '../../functions/membership/answer.ts';
import { memberAnswer } from '../../functions/membership/answer-members.ts';
import { CLUSTER, FakeWorld, PATH } from '../simulation/world/fake-world.ts';
import { followerOf } from '../support/story.ts';

async function grown(desired: number, config = {}): Promise<FakeWorld> {
  const world = new FakeWorld(desired, config);
  await world.settle();
  return world;
}

async function statusOf(world: FakeWorld): Promise<StatusAnswer> {
  const answer = statusAnswer(await world.pass({ mode: 'look' }), CLUSTER);
  if (!answer.ok) throw new Error(answer.message);
  return answer;
}

const member = (over: Partial<Member>): Member => ({
  id: '1',
  name: 'i-00000000000000001',
  role: 'voter',
  started: true,
  peerUrl: 'http://10.0.0.1:2380',
  clientUrl: 'http://10.0.0.1:2379',
  instanceId: 'i-00000000000000001',
  answers: true,
  silence: null,
  raftIndex: null,
  version: '3.6.14',
  ...over,
});

describe('the answer to status', () => {
  test('names every member, one leader and no wait while the cluster is whole', async () => {
    const answer = await statusOf(await grown(3));
    expect(answer).toMatchObject({ etcdAutopilot: 1, ok: true, request: 'status', cluster: CLUSTER });
    expect(answer).toMatchObject({ health: 'healthy', hooks: [], waits: [], lastKnown: null });
    expect(answer.group).toEqual({ name: 'etcd-autopilot-core', desiredCapacity: 3 });
    expect(answer.members.map(({ role, answers }) => ({ role, answers }))).toEqual(
      Array.from({ length: 3 }, () => ({ role: 'voter', answers: true })),
    );
    const leaders = answer.members.filter(({ isLeader }) => isLeader);
    expect(leaders.map(({ instanceId }) => instanceId)).toEqual([answer.leader]);
    expect(answer.instances.map(({ memberId }) => memberId).sort()).toEqual(
      answer.members.map(({ id }) => id).sort(),
    );
  });

  test('tells whether it tolerates one more failure, since when, and else why not and what to do', async () => {
    const world = await grown(3);
    const young = (await statusOf(world)).tolerates;
    expect(young).toMatchObject({ holds: false, shortfalls: [{ code: 'unstable' }] });
    world.nowMs += 10_000;
    const since = young.since;
    expect((await statusOf(world)).tolerates).toEqual({ holds: true, since, shortfalls: [] });
    const follower = followerOf(world);
    world.processOf(follower).up = false;
    const weak = (await statusOf(world)).tolerates;
    expect(weak).toMatchObject({ holds: false, since: null });
    expect(weak.shortfalls).toContainEqual({
      ...{ code: 'voterSilent', subject: follower, text: `voter ${follower} does not answer` },
      advice: expect.stringContaining('look at etcd'),
    });
  });

  test('knows nothing of tolerance where nothing could be planned from, or the cluster is being deleted', async () => {
    const world = await grown(3);
    world.groupCount = 2;
    expect((await statusOf(world)).tolerates.shortfalls.map(({ code }) => code)).toEqual(['statusOld']);
    world.groupCount = 1;
    world.parameters.set(`${PATH}teardown`, '{}');
    expect((await statusOf(world)).tolerates.shortfalls.map(({ code }) => code)).toEqual(['deleting']);
  });

  test('tells how large the database of each member is, and what of it is in use', async () => {
    const { members } = await statusOf(await grown(3));
    expect(members).toHaveLength(3);
    for (const { dbSizeBytes, dbSizeInUseBytes } of members) {
      expect(dbSizeBytes).toBeGreaterThan(0);
      expect(dbSizeInUseBytes).toBeGreaterThan(0);
      expect(dbSizeInUseBytes ?? 0).toBeLessThanOrEqual(dbSizeBytes ?? 0);
    }
  });

  test('survives JSON unchanged', async () => {
    const answer = await statusOf(await grown(3));
    expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
  });

  test('tells which instance waits in which hook, and since when', async () => {
    const world = await grown(3);
    const leaver = world.instances[0]?.id ?? '';
    world.terminate(leaver);
    world.nowMs += 5_000;
    const { hooks, waits } = await statusOf(world);
    const since = new Date(world.nowMs - 5_000).toISOString();
    expect(hooks).toEqual([{ instanceId: leaver, transition: 'terminate', since, ageSeconds: 5 }]);
    expect(waits.map(({ kind }) => kind)).toContain('awaitingReplacement');
    expect(waits.every(({ text }) => text.length > 0)).toBe(true);
  });

  test('says that quorum is lost, and what was known last, when no voter answers', async () => {
    const world = await grown(3);
    const voters = world.voters();
    for (const { id } of world.instances) world.processOf(id).up = false;
    world.etcd.elect();
    const answer = await statusOf(world);
    expect(answer).toMatchObject({ health: 'quorumLost', members: [], leader: null });
    expect(answer.lastKnown?.voters.map(({ name }) => name)).toEqual(voters);
    expect(answer.clusterId).not.toBeNull();
  });

  test('says that the cluster forms until its first voter answers', async () => {
    const world = new FakeWorld(3);
    world.tick();
    for (const instance of world.instances) instance.boots = false;
    await world.pass();
    expect((await statusOf(world)).health).toBe('forming');
  });

  test('is unknown, with the reason, where nothing could be planned from', async () => {
    const world = await grown(3);
    world.groupCount = 2;
    const answer = await statusOf(world);
    expect(answer).toMatchObject({ health: 'unknown', at: null, group: null, members: [] });
    expect(answer.waits.map(({ kind }) => kind)).toEqual(['twoMemberGroups']);
  });

  test('says that the cluster is being deleted while the intent stands', async () => {
    const world = await grown(3);
    world.parameters.set(`${PATH}teardown`, '{}');
    expect((await statusOf(world)).health).toBe('deleting');
  });

  test('is a refusal with its code when the world refused', async () => {
    const world = await grown(1);
    const denied = () => new OperationError('AWS_DENIED', 'never', 'not allowed to list the groups');
    world.failing.set('listGroups', denied);
    const report = await world.pass({ mode: 'look' });
    const refusal = {
      etcdAutopilot: 1,
      ok: false,
      code: 'AWS_DENIED',
      message: 'not allowed to list the groups',
    };
    expect(statusAnswer(report, CLUSTER)).toEqual(refusal);
    expect(planAnswer(report, CLUSTER)).toEqual(refusal);
  });
});

test('a cluster without a group is refused as one that is not there', async () => {
  const world = await grown(1);
  world.tags.set('etcd-autopilot:role', 'worker');
  const report = await world.pass({ mode: 'look' });
  const refusal = {
    ok: false,
    code: 'AWS_GONE',
    message:
      'no Auto Scaling group has the tags etcd-autopilot:cluster = core and etcd-autopilot:role = member',
  };
  expect(statusAnswer(report, CLUSTER)).toMatchObject(refusal);
  expect(planAnswer(report, CLUSTER)).toMatchObject(refusal);
});

test('what checks, DNS and registry found stands in the answer, with what to do; what cannot be read is left out', async () => {
  const world = await grown(1);
  const foreign = { code: 'keysForeign', subject: '/services/web/', detail: 'the autopilot did not make x' };
  const future = { code: 'ofTheFuture', subject: 'www.example.test', detail: 'who knows' };
  world.parameters.set(`${PATH}registry`, JSON.stringify({ version: 1, findings: [foreign] }));
  const since = '2026-01-01T00:00:00.000Z';
  const edited = {
    code: 'hookEdited',
    subject: 'a-hook',
    text: 'it was',
    severity: 'warning',
    since,
  } as const;
  const both = { ...edited, code: 'keysForeign', subject: foreign.subject } as const;
  const checked = [edited, both].map((one) => ({ ...one, repair: 'left' as const }));
  world.parameters.set(`${PATH}checks`, encodeChecks({ ...NO_CHECKS, findings: checked }));
  world.parameters.set(`${PATH}dns/Z2`, 'nonsense');
  world.parameters.set(`${PATH}dns/Z1`, JSON.stringify({ version: 9, findings: [future] }));
  const { health, findings } = await statusOf(world);
  expect(health).toBe('healthy');
  expect(findings).toEqual([
    {
      from: 'checks',
      kind: 'hookEdited',
      subject: 'a-hook',
      text: 'it was',
      severity: 'warning',
      since,
      advice: OWN_CHECKS.hookEdited.remedy,
    },
    { from: 'dns/Z1', kind: 'ofTheFuture', subject: 'www.example.test', text: 'who knows', advice: null },
    {
      from: 'registry',
      kind: 'keysForeign',
      subject: '/services/web/',
      text: 'the autopilot did not make x',
      advice: ADVICE.keysForeign,
    },
  ]);
});

describe('the lag of a member', () => {
  const leader = member({ id: '9', raftIndex: 9_007_199_254_740_993n });
  const view = (other: Member) => ({
    witness: 'http://10.0.0.1:2379',
    clusterId: '7',
    members: [leader, other],
    agreed: true,
    toldByAll: true,
    leaderId: '9',
    raftTerm: '2',
    memory: NO_MEMORY,
  });
  const lagOf = (raftIndex: bigint | null) => {
    const other = member({ raftIndex });
    return memberAnswer(view(other), other, new Map()).lag;
  };

  test('is counted exactly, beyond what a number holds', () => {
    expect(lagOf(9_007_199_254_740_900n)).toBe('93');
    expect(lagOf(0n)).toBe('9007199254740993');
  });

  test('is never negative: a member asked later may be ahead of the older answer', () => {
    expect(lagOf(9_007_199_254_740_999n)).toBe('0');
  });

  test('is unknown where an index is unknown', () => {
    expect(lagOf(null)).toBeNull();
  });
});

describe('the answer to plan', () => {
  test('is empty while there is nothing to do', async () => {
    const world = await grown(3);
    expect(planAnswer(await world.pass({ mode: 'look' }), CLUSTER)).toMatchObject({ actions: [], waits: [] });
  });

  test('judges a version that is about to be rolled out, as a gate would, and none unasked', async () => {
    const world = await grown(3);
    for (let second = 0; second < 60; second += 1) world.tick();
    const asked = async (etcdVersion?: string) => {
      const answer = planAnswer(await world.pass({ mode: 'look' }), CLUSTER, etcdVersion);
      return answer.ok && answer.request === 'plan'
        ? answer.preflight
        : expect.fail(answer.ok ? '' : answer.message);
    };
    const codesOf = async (etcdVersion: string) =>
      (await asked(etcdVersion))?.shortfalls.map(({ code }) => code);
    expect(await asked()).toBeNull();
    expect(await asked(world.etcd.version)).toEqual({ etcdVersion: world.etcd.version, shortfalls: [] });
    expect(await codesOf('3.9.0')).toEqual(['versionStep']);
    world.processOf(followerOf(world)).up = false;
    expect(await codesOf(world.etcd.version)).toContain('voterSilent');
    world.parameters.set(`/etcd-autopilot/${CLUSTER}/config`, 'broken');
    expect(await codesOf(world.etcd.version)).toEqual(['statusOld']);
  });

  test('tells in words what a pass would do, and changes nothing', async () => {
    const world = await grown(3);
    world.vanish(followerOf(world));
    const before = { effects: [...world.effects], heartbeats: [...world.heartbeats] };
    const answer = planAnswer(await world.pass({ mode: 'look' }), CLUSTER);
    expect(answer.ok && answer.actions[0]?.kind).toBe('removeMember');
    expect(answer.ok && answer.actions.every(({ text }) => text.length > 0)).toBe(true);
    expect({ effects: world.effects, heartbeats: world.heartbeats }).toEqual(before);
  });
});
