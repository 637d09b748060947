import { type FakeWorld, PATH } from '../world/fake-world.ts';
import { fillUp, loseAll, loseTwo, spoil } from './losses.ts';
import {
  followerOf,
  refreshByPolicy,
  releaseBadImage,
  replaceInStack,
  setGrace,
  vanishRebooting,
} from './updates.ts';

/** What happens to a cluster, from a state in which nothing was left to do. */
export interface CrashStory {
  readonly name: string;
  readonly size: number;
  /** The cluster stands before the story begins. */
  readonly isGrown: boolean;
  readonly happen: (world: FakeWorld, settle: () => Promise<void>) => void | Promise<void>;
  /** Shorter or longer than usual. */
  readonly functionSeconds?: number;
  /** Effects that a function must have died after, or the story is not what it says. */
  readonly effects: readonly string[];
}

const grow = (desired: number) => (world: FakeWorld) => {
  world.desired = desired;
};

const BECOMES_MEMBER = ['etcd.addLearner', 'etcd.promote', 'parameters.write members'];
const LEAVES = ['etcd.remove', 'scaling.heartbeat', 'scaling.complete', 'parameters.remove members'];
const PUBLISHES = ['parameters.write endpoints', 'parameters.write peers', 'parameters.write status'];
const WORKS = [...PUBLISHES, 'events.publish', 'etcd.takePermit', 'etcd.releasePermit'];
const FOUNDS = [
  'parameters.create bootstrap',
  'scaling.tagGroup',
  'parameters.write bootstrap',
  ...PUBLISHES,
];

const RECOVERS = [
  'parameters.create recovery',
  'parameters.create claims',
  'scaling.tagGroup',
  ...BECOMES_MEMBER,
];

export const CRASH_STORIES: readonly CrashStory[] = [
  { name: 'bootstrap of three', size: 3, isGrown: false, happen: () => undefined, effects: FOUNDS },
  { name: 'a bootstrap that fails', size: 3, isGrown: false, happen: failFounding, effects: FOUNDS },
  { name: 'a join', size: 3, isGrown: true, happen: grow(4), effects: [...BECOMES_MEMBER, ...WORKS] },
  {
    name: 'a join of many rounds',
    size: 3,
    isGrown: true,
    happen: joinSlowly,
    effects: [...BECOMES_MEMBER, 'queue.askForLook'],
  },
  {
    name: 'leave of the leader',
    size: 3,
    isGrown: true,
    happen: (world) => world.terminate(world.leaderName),
    effects: [...BECOMES_MEMBER, ...LEAVES, ...WORKS, 'etcd.moveLeader'],
  },
  {
    name: 'leave of the only voter',
    size: 1,
    isGrown: true,
    happen: (world) => world.terminate(world.leaderName),
    effects: [...BECOMES_MEMBER, ...LEAVES, ...WORKS],
  },
  {
    name: 'a vanished voter',
    size: 3,
    isGrown: true,
    happen: (world) => world.vanish(followerOf(world)),
    effects: [...BECOMES_MEMBER, ...WORKS, 'etcd.remove'],
  },
  {
    name: 'a wiped voter',
    size: 3,
    isGrown: true,
    happen: (world) => world.wipe(followerOf(world)),
    effects: [...BECOMES_MEMBER, ...WORKS, 'etcd.remove'],
  },
  { name: 'a frozen voter', size: 3, isGrown: true, happen: freeze, effects: ['scaling.reportUnhealthy'] },
  {
    name: 'a frozen voter of a group that launches first',
    size: 3,
    isGrown: true,
    happen: freezeFirst,
    effects: ['scaling.reportUnhealthy'],
  },
  {
    name: 'two replaced',
    size: 3,
    isGrown: true,
    happen: replaceTwo,
    effects: [...BECOMES_MEMBER, ...LEAVES],
  },
  {
    name: 'refresh',
    size: 3,
    isGrown: true,
    happen: refresh,
    effects: [...BECOMES_MEMBER, ...LEAVES, ...WORKS],
  },
  {
    name: 'a replacement that its stack waits for',
    size: 3,
    isGrown: true,
    happen: replaceInStack,
    effects: [...BECOMES_MEMBER, ...LEAVES, 'stacks.signal'],
  },
  {
    name: 'a bad release',
    size: 3,
    isGrown: true,
    happen: releaseBadImage,
    effects: ['etcd.addLearner', 'etcd.remove', 'stacks.signal', 'scaling.cancelRefresh', 'scaling.complete'],
  },
  {
    name: 'a refresh that asks the termination policy',
    size: 3,
    isGrown: true,
    happen: refreshByPolicy,
    effects: [...BECOMES_MEMBER, ...LEAVES, ...WORKS],
  },
  {
    name: 'a reboot that a machine does not come back from',
    size: 3,
    isGrown: true,
    happen: vanishRebooting,
    effects: [...BECOMES_MEMBER, ...WORKS, 'etcd.swap', 'etcd.remove'],
  },
  { name: 'three to five', size: 3, isGrown: true, happen: grow(5), effects: [...BECOMES_MEMBER, ...WORKS] },
  { name: 'five to three', size: 5, isGrown: true, happen: grow(3), effects: [...LEAVES, ...WORKS] },
  {
    name: 'one to two to one',
    size: 1,
    isGrown: true,
    happen: overTwo,
    effects: [...BECOMES_MEMBER, ...LEAVES, ...WORKS, 'etcd.moveLeader'],
  },
  {
    name: 'one to two to one, by functions with little time',
    size: 1,
    isGrown: true,
    functionSeconds: 14,
    happen: overTwo,
    effects: [...BECOMES_MEMBER, ...LEAVES],
  },
  { name: 'one to three to one', size: 1, isGrown: true, happen: thereAndBack, effects: BECOMES_MEMBER },
  {
    name: 'full databases',
    size: 3,
    isGrown: true,
    functionSeconds: 40,
    happen: fillUp,
    effects: [
      'parameters.write maintenance',
      'etcd.compact',
      'etcd.defragment',
      'etcd.disarm',
      'etcd.moveLeader',
    ],
  },
  {
    name: 'a corrupt member',
    size: 3,
    isGrown: true,
    happen: spoil,
    effects: ['etcd.remove', 'scaling.endInstance', 'etcd.disarm', ...BECOMES_MEMBER],
  },
  {
    name: 'a recovery from a survivor',
    size: 3,
    isGrown: true,
    happen: loseTwo,
    effects: [...RECOVERS, 'captures.askForCapture', 'scaling.endInstance'],
  },
  { name: 'a recovery from a snapshot', size: 3, isGrown: true, happen: loseAll, effects: RECOVERS },
  {
    name: 'teardown',
    size: 3,
    isGrown: true,
    happen: tearDown,
    effects: ['scaling.complete', 'parameters.remove bootstrap'],
  },
];

/** Two founders die before their etcd runs, as soon as the claim stands. */
async function failFounding(world: FakeWorld): Promise<void> {
  world.imageBoots = false;
  world.interfere = () => {
    if (!world.parameters.has(`${PATH}bootstrap`)) return;
    world.interfere = () => undefined;
    for (const { id } of world.instances.slice(0, 2)) world.vanish(id);
    world.imageBoots = true;
  };
}

/** The learner comes closer with every look, for longer than one function lives. */
function joinSlowly(world: FakeWorld): void {
  world.etcd.index = 1_000_000n;
  let behind = 900_000n;
  world.interfere = (call) => {
    if (call !== 'etcd.probe' || behind === 0n) return;
    const learners = world.etcd.members.filter(({ isLearner }) => isLearner).map(({ id }) => id);
    if (learners.length > 0) behind -= 50_000n;
    for (const process of world.etcd.processes.values())
      process.lag = learners.includes(process.memberId) ? behind : 0n;
  };
  world.desired = 4;
}

async function thereAndBack(world: FakeWorld, settle: () => Promise<void>): Promise<void> {
  world.desired = 3;
  await settle();
  world.desired = 1;
}

/** The second voter needs three looks of one pass; and the first then leaves, the leader of two. */
async function overTwo(world: FakeWorld, settle: () => Promise<void>): Promise<void> {
  world.desired = 2;
  await settle();
  world.desired = 1;
  world.terminate(world.leaderName);
}

function replaceTwo(world: FakeWorld): void {
  for (const id of world.voters().slice(0, 2)) world.terminate(id);
}

/** One after the other, each replacement in service before its predecessor goes. */
async function refresh(world: FakeWorld, settle: () => Promise<void>): Promise<void> {
  for (const id of world.voters()) {
    world.desired = 4;
    await settle();
    world.desired = 3;
    world.terminate(id);
    await settle();
  }
}

function freeze(world: FakeWorld): void {
  setGrace(world, { silent: 20 });
  world.processOf(followerOf(world)).frozen = true;
}

function freezeFirst(world: FakeWorld): void {
  world.launchesFirst = true;
  freeze(world);
}

function tearDown(world: FakeWorld): void {
  world.parameters.set(`${PATH}teardown`, '{}');
  world.desired = 0;
}
