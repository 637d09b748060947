import { describe, expect } from 'vitest';
import type { Step } from '../../functions/engine/report.ts';
import { openEtcdHttp } from '../../infra/demo/etcd-http.ts';
import { PATH } from '../simulation/world/fake-world.ts';
import {
  changesOf,
  deedsOf,
  glance,
  glances,
  hexOf,
  joinUnseen,
  kindsOf,
  test,
} from '../support/real-story.ts';
import type { RealWorld } from '../support/real-world.ts';
import { blackHole } from '../support/relay.ts';

/** A look and a step at their worst, in real time; the function has a minute. */
const PASS_MS_MAX = 15_000;

const statusOf = (world: RealWorld): unknown => JSON.parse(world.parameters.get(`${PATH}status`) ?? '{}');

async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly tookMs: number }> {
  const startedMs = performance.now();
  return { result: await work(), tookMs: performance.now() - startedMs };
}

/** So many entries into the log, side by side. */
async function writeEntries(world: RealWorld, count: number): Promise<void> {
  const http = openEtcdHttp();
  const endpoint = world.etcdOf(world.leader()).clientUrl;
  for (let done = 0; done < count; done += 50) {
    const keys = Array.from({ length: 50 }, (_, index) => `/entries/${done + index}`);
    await Promise.all(keys.map((key) => http.put(endpoint, key, 'entry', 5_000)));
  }
  http.close();
}

describe.concurrent('slow and silent voters on real etcd', { timeout: 120_000 }, () => {
  test('S14 a voter restarts for twice its grace, and its machine is there: it is told of, and not removed', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const victim = world.follower();
    await world.etcdOf(victim).kill();
    const before = deedsOf(world).length;
    const endpoints = world.parameters.get(`${PATH}endpoints`)?.split(',');
    const reports = await glances(world, 10);
    for (const report of reports) {
      expect(report.waits).toContainEqual(
        expect.objectContaining({ kind: 'voterSilent', instanceId: victim, because: 'refused' }),
      );
    }
    expect(statusOf(world)).toMatchObject({ health: 'degraded' });
    expect(changesOf(world)).toEqual([]);
    expect(deedsOf(world).slice(before)).toEqual(['write endpoints']);
    expect(world.parameters.get(`${PATH}endpoints`)?.split(',')).toHaveLength((endpoints?.length ?? 0) - 1);

    await world.etcdOf(victim).start();
    await world.etcdOf(victim).ready();
    await world.settleReal();
    expect(statusOf(world)).toMatchObject({ health: 'healthy' });
    await world.expectVoters(world.alive());
  });

  test('S15 a voter hangs: every pass ends in time, and after its grace the group replaces it through its hooks', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const victim = world.leader();
    world.etcdOf(victim).freeze();
    for (let minute = 0; minute < 4; minute += 1) {
      const { result, tookMs } = await timed(() => glance(world));
      expect(tookMs).toBeLessThan(PASS_MS_MAX);
      expect(result.waits).toContainEqual(
        expect.objectContaining({ kind: 'voterSilent', instanceId: victim, next: 'grace' }),
      );
      world.skip(60);
    }
    expect(world.effects).not.toContain('report unhealthy');
    await glances(world, 2); // in steps: time in which nobody looks does not count
    await world.settleReal();
    expect(world.effects.filter((name) => name === 'report unhealthy')).toHaveLength(1);
    expect(changesOf(world)).toEqual(['etcd.remove', 'etcd.addLearner', 'etcd.promote']);
    expect(world.instance(victim).terminatingAtMs).not.toBeNull();
    expect(world.alive()).not.toContain(victim);
    await world.expectVoters(world.alive());
  });

  test('S15 a voter hangs while another leaves: the leaver is held, until the hanging one is replaced first', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const leaver = world.follower();
    const hanging = world.alive().find((id) => id !== leaver && id !== world.leader()) ?? '';
    world.etcdOf(hanging).freeze();
    world.terminate(leaver);
    world.realMsOfSecond = 200;
    for (const report of await glances(world, 4)) expect(kindsOf(report)).toContain('voterSilent');
    expect(changesOf(world)).toEqual([]);
    expect(world.heartbeats).toContain(leaver);

    await glances(world, 2);
    world.realMsOfSecond = 1_000;
    await world.settleReal();
    expect(world.alive()).not.toContain(leaver);
    expect(world.alive()).not.toContain(hanging);
    expect(world.alive()).toHaveLength(3);
    await world.expectVoters(world.alive());
  });

  test('S15 two of three hang: nobody is reported, for the quorum is lost', async ({ stage }) => {
    const world = await stage.grown(3);
    const [first = '', second = ''] = world.alive();
    for (const id of [first, second]) world.etcdOf(id).freeze();
    const before = deedsOf(world).length;
    for (const report of await glances(world, 7)) expect(kindsOf(report)).toContain('quorumUnknown');
    expect(deedsOf(world)).toHaveLength(before);
    for (const id of [first, second]) world.etcdOf(id).thaw();
    await world.settleReal();
    expect(changesOf(world)).toEqual([]);
    await world.expectVoters(world.alive());
  });

  test('S19 a learner cannot catch up: it stays a learner under heartbeats, and is given up after its time with a reason', async ({
    stage,
  }) => {
    const world = await stage.grown(3, { graceSeconds: { catchingUp: 1_500 } }, { relayed: true });
    const { id: newcomer, member } = await joinUnseen(world);
    // No entry reaches it any more; the leader that it knows it keeps, for a learner elects nobody.
    for (const relay of await world.hosts.relays()) {
      relay.hold((head) => head.includes(`X-Server-From: ${member}`));
    }
    (await world.hosts.relayOf(newcomer)).hold(() => true);
    await writeEntries(world, 1_000);

    world.realMsOfSecond = 100;
    world.heartbeats.length = 0;
    const report = await glance(world);
    expect(kindsOf(report)).toContain('learnerCatchingUp');
    expect(world.heartbeats).toContain(newcomer);
    await glances(world, 20);
    expect(changesOf(world)).toEqual(['etcd.addLearner']);
    expect(await world.etcdctl('member', 'promote', member).catch(String)).toContain('in sync');

    // In steps: time in which nobody looks does not count.
    const steps: Step[] = [];
    for (let count = 0; count < 12 && !changesOf(world).includes('etcd.remove'); count += 1) {
      world.skip(100);
      steps.push(...(await glance(world)).steps);
    }
    expect(changesOf(world).slice(0, 2)).toEqual(['etcd.addLearner', 'etcd.remove']);
    expect(changesOf(world)).not.toContain('etcd.promote');
    expect(steps.map(({ action }) => action)).toContainEqual(
      expect.objectContaining({ kind: 'removeMember', because: 'neverCaughtUp' }),
    );
  });

  test('S62 a voter takes connections and never answers: each pass ends in time, and goes on with the others', async ({
    stage,
  }) => {
    const world = await stage.grown(5);
    const victim = world.follower();
    await world.etcdOf(victim).kill();
    const fill = await blackHole(world.instance(victim).address, 2379);
    try {
      const other = world.alive().find((id) => id !== victim && id !== world.leader()) ?? '';
      world.terminate(other);
      // By choice it would wait for the other one; whom its group found unhealthy does not.
      world.instance(other).health = 'Unhealthy';
      for (const seconds of [14, 14, 48]) {
        const { result, tookMs } = await timed(() => world.pass({ seconds }));
        expect(tookMs).toBeLessThan(PASS_MS_MAX);
        expect(result.waits).toContainEqual(
          expect.objectContaining({ kind: 'voterSilent', instanceId: victim, because: 'deadline' }),
        );
        world.skip(60); // the grace of the replacement, which cannot join, goes by
      }
      expect(world.alive()).not.toContain(other);
      expect(changesOf(world)).toEqual(['etcd.remove']);
      expect(world.parameters.get(`${PATH}endpoints`)?.split(',')).toHaveLength(3);
    } finally {
      await fill();
    }
  });

  test('S63 peers are 200 ms apart, lines tear and the leader flaps: nobody is removed or reported', async ({
    stage,
  }) => {
    const world = await stage.grown(3, {}, { relayed: true });
    const relays = await world.hosts.relays();
    for (const relay of relays) relay.delayMs = 100; // each way
    for (let count = 0; count < 12; count += 1) {
      relays[count % relays.length]?.tear();
      const report = await glance(world);
      expect(kindsOf(report)).not.toContain('foreignCluster');
      await moveLeaderByHand(world, count);
      world.skip(60);
    }
    expect(changesOf(world)).toEqual([]);
    expect(world.effects).not.toContain('report unhealthy');
    await world.load.more();
    for (const relay of relays) relay.delayMs = 0;
    await world.settleReal();
    await world.expectVoters(world.alive());
  });
});

/** What a transfer comes to does not matter here; that leadership keeps moving does. */
async function moveLeaderByHand(world: RealWorld, turn: number): Promise<void> {
  const members = [...(await world.memberLists()).values()][0] ?? [];
  const heir = members[turn % members.length];
  if (heir !== undefined) await world.etcdctl('move-leader', hexOf(heir.id)).catch(() => undefined);
}
