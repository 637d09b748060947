import { setConfig } from '../../../support/story.ts';
import { type FakeWorld, PATH } from '../../world/fake-world.ts';
import { Rogue } from '../rogue.ts';
import { connected, type Deed, deed, join, prepared, some } from './deed.ts';

const MEGABYTE = 1_048_576;
const QUOTA_BYTES = 64 * MEGABYTE;

const urlOf = (world: FakeWorld, id: string): string => world.clientUrl(world.instance(id));

/** The databases are full, and everybody says so; without a cause that could come back, unless `isFull`. */
function fill(world: FakeWorld, isFull = false): void {
  setConfig(world, { maintenance: { quotaBytes: QUOTA_BYTES } });
  if (isFull) Object.assign(world.etcd.space, { quotaBytes: QUOTA_BYTES, keptBytes: QUOTA_BYTES });
  for (const { id } of world.etcd.members) world.etcd.alarms.set(id, 'NOSPACE');
}

function spoil(world: FakeWorld, id: string): void {
  const memberId = world.processOf(id).memberId;
  world.etcd.space.corrupt.add(memberId);
  world.etcd.alarms.set(memberId, 'CORRUPT');
}

const note = (rogue: Rogue, count: number): Promise<void> => {
  const times = Array.from({ length: count }, () => rogue.world.nowMs);
  return rogue.write('maintenance', JSON.stringify({ version: 1, spaceRepairsAtMs: times }));
};

/** M1 to M3: what is done to databases and alarms, and must not be. */
export const MAINTENANCE: readonly Deed[] = [
  prepared(
    'a member is defragmented while another is down',
    /^M1: .* is defragmented while .* is down/,
    (rogue, world) => rogue.etcd.defragment(urlOf(world, some(world)), 30_000),
    (world) => {
      const other = world.voters().find((id) => id !== some(world) && id !== world.leaderName) ?? '';
      world.processOf(other).up = false;
    },
  ),
  prepared(
    'a member is defragmented while another learns',
    /^M1: .* is defragmented while .* learns/,
    async (rogue, world) => {
      await join(rogue, world);
      await rogue.look();
      await rogue.etcd.defragment(urlOf(world, some(world)), 30_000);
    },
  ),
  prepared(
    'two members are defragmented at once',
    /^M1: .* is defragmented while .* is, too/,
    (rogue, world) => {
      const other = world.voters().find((id) => id !== some(world) && id !== world.leaderName) ?? '';
      world.processOf(other).busyUntilMs = world.nowMs + 60_000;
      return rogue.etcd.defragment(urlOf(world, some(world)), 30_000);
    },
  ),
  prepared('the leader is defragmented first', /^R10: .* is defragmented while it leads/, (rogue, world) =>
    rogue.etcd.defragment(urlOf(world, world.leaderName), 30_000),
  ),
  prepared(
    'the past is forgotten for no reason',
    /^M2: (revisions are forgotten .* there is room|what is young is forgotten)/,
    (rogue) => rogue.etcd.compact(rogue.witness, '2'),
  ),
  deed('room is made that nobody counted', /^M2: revisions are forgotten for room/, async () => {
    const [world, rogue] = await looked(fill);
    await rogue.etcd.compact(rogue.speaker, '2');
    return world;
  }),
  deed('room is made again and again', /^M2: room is made for the 4th time in a day/, async () => {
    const [world, rogue] = await looked(fill);
    await note(rogue, 4);
    return world;
  }),
  deed(
    'an alarm is taken back while files are full',
    /^M2: NOSPACE is taken back while .* is full/,
    async () => {
      const [world, rogue] = await looked((one) => fill(one, true));
      await rogue.etcd.disarm(rogue.speaker, {
        memberId: world.processOf(some(world)).memberId,
        alarm: 'NOSPACE',
      });
      return world;
    },
  ),
  deed(
    'a member is removed for the data of another',
    /^M3: .* is removed(?: as corrupt, and is as the others|, and 1 of 3 are clean)/,
    async () => {
      const [world, rogue] = await looked((one) =>
        spoil(one, one.voters().find((id) => id !== one.leaderName && id !== some(one)) ?? ''),
      );
      await rogue.etcd.remove(rogue.speaker, world.processOf(some(world)).memberId);
      return world;
    },
  ),
  deed('a member is removed while no majority is clean', /^M3: .* is removed, and .* are clean/, async () => {
    const [world, rogue] = await looked((one) => {
      for (const id of one.voters().filter((voter) => voter !== one.leaderName)) spoil(one, id);
    });
    await rogue.etcd.remove(rogue.speaker, world.processOf(some(world)).memberId);
    return world;
  }),
  deed(
    'the alarm of a member is taken back',
    /^M3: the alarm of .* is taken back while it is a member/,
    async () => {
      const [world, rogue] = await looked((one) => spoil(one, some(one)));
      await rogue.etcd.disarm(rogue.speaker, {
        memberId: world.processOf(some(world)).memberId,
        alarm: 'CORRUPT',
      });
      return world;
    },
  ),
  deed(
    'a machine is ended for the data of another',
    /^(M3: .* is ended under an alarm of another|R2: )/,
    async () => {
      const [world, rogue] = await looked((one) => spoil(one, some(one)));
      await rogue.ports.scaling.endInstance(world.leaderName);
      return world;
    },
  ),
];

/** The same, done well. */
export const MAINTAINED: readonly Deed[] = [
  deed('full databases take writes again, and a member with other data is replaced', /never/, async () => {
    const world = await connected(3);
    setConfig(world, { maintenance: { quotaBytes: QUOTA_BYTES } });
    world.etcd.space.quotaBytes = QUOTA_BYTES;
    world.etcd.space.load(QUOTA_BYTES);
    world.etcd.clientWrite();
    await world.settle();
    spoil(world, some(world));
    await world.settle();
    if (world.etcd.alarms.size > 0 || !world.parameters.has(`${PATH}maintenance`))
      throw new Error('not maintained');
    return world;
  }),
];

async function looked(before: (world: FakeWorld) => void): Promise<readonly [FakeWorld, RogueSpeaker]> {
  const world = await connected(3);
  before(world);
  const rogue = new Rogue(world);
  await rogue.look();
  return [world, Object.assign(rogue, { speaker: urlOf(world, world.leaderName) })];
}

type RogueSpeaker = Rogue & { readonly speaker: string };
