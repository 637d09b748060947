import { decodeMemory, encodeMemory } from '../../../functions/core/memory.ts';
import { KEY } from '../../../functions/core/names.ts';
import { Operator } from '../etcd/operator.ts';
import { readJson } from '../rules/truth.ts';
import type { FakeWorld } from '../world/fake-world.ts';
import { PATH } from '../world/fake-world.ts';
import { machinesOf, sparedInServiceOf } from '../world/faults/targets.ts';
import type { Ending, Faults } from './fault.ts';
import { beforeCalls } from './moments.ts';
import type { Random } from './random.ts';

const BY_HAND = 'http://10.9.9.8:2380';
const LINGER_SECONDS = 60;
const SHORT_HOOK_SECONDS = 90;
const JUMP_MS = 120_000;

/** Moments between two calls that chance alone would hit once in ten thousand histories. */
export const RARE_MOMENTS: Faults = {
  permitDeletedByHand: {
    about: 'a function is killed while it holds the permit, and an operator deletes its key',
    tellsItself: true,
    apply: (world, _random, happened = () => undefined) => {
      const stop = beforeCalls(world, () => {
        const { permit, actor } = world.etcd;
        // Whoever takes it from another function at work breaks its safety on purpose.
        if (permit === null || permit.owner !== actor) return;
        stop();
        happened();
        new Operator(world.etcd).deletePermit();
        world.life.end('killed');
      });
      return stop;
    },
  },
  memberComesAndGoes: {
    about:
      'somebody adds a learner with etcdctl and removes it again, over and over: two voters tell different lists',
    apply: comesAndGoes,
  },
  joinsFailInARow: {
    about: 'three joins have just failed in a row, and another machine is to join',
    apply: (world, random) => {
      const one = random.pick(sparedInServiceOf(world));
      const text = world.etcd.keys.get(KEY.state);
      if (one === null || text === undefined || world.etcd.clusterId === null) return null;
      const memory = { ...decodeMemory(text), failedJoinCount: 3, lastFailedJoinAtMs: world.nowMs };
      if (!memory.ours) return null;
      world.etcd.keys.set(KEY.state, encodeMemory(memory));
      world.vanish(one.id);
      return 'done';
    },
  },
  hookHalfOver: {
    about: 'hooks end after a minute and a half, and an instance is terminated while the cluster is frozen',
    apply: (world, random) => hookHalfOver(world, random),
  },
  clockJumpsAtAnAddress: {
    about:
      'the next machine has the address of one that vanishes, and the clock of the function jumps as it rests',
    apply: jumpsAtAnAddress,
  },
  foundersLinger: {
    about: 'no founder can start etcd; most are terminated, and their machines take a minute to end',
    apply: (world) => {
      const founders = machinesOf(world).filter(
        ({ listed, lifecycle }) => listed && lifecycle === 'Pending:Wait',
      );
      const isClaimed = world.parameters.has(`${PATH}bootstrap`);
      if (world.etcd.clusterId !== null || !isClaimed || founders.length === 0) return null;
      const { shutdownSeconds } = world.times;
      world.times = { ...world.times, shutdownSeconds: LINGER_SECONDS };
      for (const founder of founders) founder.boots = false;
      for (const { id } of founders.slice(founders.length > 1 ? 1 : 0)) world.terminate(id);
      return () => {
        world.times = { ...world.times, shutdownSeconds };
        for (const founder of founders) founder.boots = true;
      };
    },
  },
};

/** Between the readings of two lists of one look, so that they differ in each. */
function comesAndGoes(world: FakeWorld): Ending | null {
  const operator = new Operator(world.etcd);
  const added = () => world.etcd.members.find(({ peerUrl }) => peerUrl === BY_HAND);
  const { etcd } = world;
  const isWhole = etcd.voters().length >= 3 && etcd.runningCount() === etcd.voters().length;
  if (!isWhole || etcd.members.some(({ isLearner }) => isLearner)) return null;
  let readCount = 0;
  const stop = beforeCalls(world, (call) => {
    readCount = call === 'etcd.members' ? readCount + 1 : 0;
    if (readCount !== 2) return;
    const there = added();
    if (there === undefined) operator.add(BY_HAND, true);
    else operator.remove(there.id);
  });
  return () => {
    stop();
    const there = added();
    if (there === undefined || operator.remove(there.id) === null) return;
    // What etcd refuses now an operator tries again until it works.
    etcd.members = etcd.members.filter((member) => member !== there);
  };
}

function hookHalfOver(world: FakeWorld, random: Random): Ending | null {
  const name = `${PATH}config`;
  const before = world.parameters.get(name) ?? '';
  const one = random.pick(sparedInServiceOf(world));
  const settings = readJson(before);
  if (one === null || settings === null || world.swaps.binds(one.id)) return null;
  const { globalSeconds } = world.hooks;
  const frozen = JSON.stringify({ ...settings, frozen: true });
  world.hooks.globalSeconds = SHORT_HOOK_SECONDS;
  world.parameters.set(name, frozen);
  world.terminate(one.id);
  return () => {
    world.hooks.globalSeconds = globalSeconds;
    if (world.parameters.get(name) === frozen) world.parameters.set(name, before);
  };
}

/** Within a second and a tenth of the removal the pass would look again: the jump has it end there. */
function jumpsAtAnAddress(world: FakeWorld, random: Random): Ending | null {
  const one = random.pick(sparedInServiceOf(world));
  if (one === null || world.skewMs !== 0 || world.addresses.length > 0) return null;
  const { address } = one;
  world.addresses.unshift(address);
  world.vanish(one.id);
  let removedAtMs = Number.POSITIVE_INFINITY;
  const stop = beforeCalls(world, (call) => {
    if (call === 'etcd.remove') removedAtMs = world.nowMs;
    if (call !== 'etcd.probe' || world.nowMs - removedAtMs < 1_000) return;
    stop();
    world.skewMs += JUMP_MS;
  });
  return () => {
    stop();
    world.skewMs = 0;
    if (world.addresses[0] === address) world.addresses.shift();
  };
}
