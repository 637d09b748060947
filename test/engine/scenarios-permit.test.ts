import { describe, expect, test } from 'vitest';
import { PERMIT_TTL_SECONDS, Permit } from '../../functions/engine/permit.ts';
import { openFakeEtcd } from '../simulation/etcd/fake-etcd-port.ts';
import type { FakeWorld } from '../simulation/world/fake-world.ts';
import { effectsOf, expectSafe, expectWhole, grown, minutes, setConfig } from '../support/story.ts';

interface Work {
  readonly reason: string;
  readonly seconds: number;
  readonly disturb: (is: boolean) => void;
}

/** Somebody besides membership who disturbs one voter for a while, as a reboot does. */
class Disturber {
  state: 'due' | 'under way' | 'done' = 'due';
  readonly #permit: Permit;
  readonly #world: FakeWorld;
  readonly #work: Work;
  #sinceMs = 0;
  #isBusy = false;
  /** The function dies at once when it has begun. */
  dies = false;

  constructor(world: FakeWorld, work: Work) {
    this.#world = world;
    this.#work = work;
    this.#permit = new Permit(() => openFakeEtcd(world.etcd), work.reason);
  }

  /** Once a second: takes the permit if it is free, keeps it while it works, gives it back. */
  async step(): Promise<void> {
    if (this.#isBusy || this.state === 'done') return;
    this.#isBusy = true;
    await this.#act();
    this.#isBusy = false;
  }

  async #act(): Promise<void> {
    const { nowMs, etcd } = this.#world;
    const { reason, seconds, disturb } = this.#work;
    const endpoint = etcd.voters().find((voter) => etcd.runs(voter))?.clientUrl ?? '';
    if (this.state === 'due') {
      if ((await this.#permit.ensure(endpoint, reason, nowMs)) === 'held') return;
      this.state = this.dies ? 'done' : 'under way';
      this.#sinceMs = nowMs;
      if (!this.dies) disturb(true);
    } else if (nowMs - this.#sinceMs >= seconds * 1_000) {
      disturb(false);
      this.state = 'done';
      await this.#permit.release(endpoint);
    } else expect(await this.#permit.ensure(endpoint, reason, nowMs)).toBe('fresh');
  }
}

/** Lets them act whenever a second passes, inside of passes and between them, and sees who holds the permit. */
function live(world: FakeWorld, disturbers: readonly Disturber[]): string[] {
  const broken: string[] = [];
  const plain = world.tick.bind(world);
  const note = world.etcd.onEffect;
  world.etcd.onEffect = (name) => {
    const isDisturbed = disturbers.some(({ state }) => state === 'under way');
    if (name === 'defragment' && isDisturbed) broken.push(`defragmented beside one at ${world.nowMs}`);
    note(name);
  };
  world.tick = () => {
    plain();
    for (const disturber of disturbers) void disturber.step();
    const active = disturbers.filter(({ state }) => state === 'under way');
    if (active.length > 1) broken.push(`two at ${world.nowMs}`);
    const owner = world.etcd.permit?.owner ?? 'nobody';
    if (active.length === 1 && owner.startsWith('pass')) broken.push(`${owner} beside one at ${world.nowMs}`);
  };
  return broken;
}

describe('S74 a reboot, a defragmentation, a report and a leave are due in the same second', () => {
  async function stage(): Promise<{ world: FakeWorld; hung: string; leaver: string; work: Disturber[] }> {
    const world = await grown(5);
    setConfig(world, { graceSeconds: { silent: 60 } });
    const [hung = '', leaver = '', rebooted = ''] = world.voters().filter((id) => id !== world.leaderName);
    const ofRebooted = world.processOf(rebooted);
    const reboot = (is: boolean) => {
      ofRebooted.up = !is;
    };
    const work = [new Disturber(world, { reason: 'reboot', seconds: 25, disturb: reboot })];
    world.etcd.space.puncture(200_000_000);
    world.etcd.space.defragmentMs = 3_000;
    world.processOf(hung).frozen = true;
    await minutes(world, 1);
    return { world, hung, leaver, work };
  }

  test('one comes after the other under the one permit, and all are done', async () => {
    const { world, hung, leaver, work } = await stage();
    const broken = live(world, work);
    world.terminate(leaver);
    await minutes(world, 6);
    await world.settle();
    await minutes(world, 12);
    expect(broken).toEqual([]);
    expect(work.map(({ state }) => state)).toEqual(['done']);
    expect(new Set(effectsOf(world, /defragment/)).size).toBe(1);
    const files = world.etcd.members.map(({ id }) => world.etcd.space.fileOf(id));
    expect(Math.max(...files)).toBeLessThan(100_000_000);
    expect(effectsOf(world, /report unhealthy/)).toHaveLength(1);
    expect(world.voters()).not.toContain(hung);
    expect(world.voters()).not.toContain(leaver);
    expectWhole(world, 5);
  });

  test('an owner that dies with the permit holds up the others no longer than its lease', async () => {
    const { world, leaver, work } = await stage();
    const [reboot] = work;
    if (reboot !== undefined) reboot.dies = true;
    const broken = live(world, work);
    world.terminate(leaver);
    const beganMs = world.nowMs;
    world.tick();
    await Promise.resolve();
    expect(world.etcd.permit?.reason).toBe('reboot');
    const before = effectsOf(world, /etcd\.(?:remove|addLearner|promote)/).length;
    world.interfere = () => {
      if (effectsOf(world, /etcd\.(?:remove|addLearner|promote)/).length === before) return;
      expect(world.nowMs - beganMs).toBeGreaterThan(PERMIT_TTL_SECONDS * 1_000);
      world.interfere = () => undefined;
    };
    await minutes(world, 6);
    await world.settle();
    expect(broken).toEqual([]);
    expectSafe(world);
    expectWhole(world, 5);
  });
});
