import { OperationError } from '../../../../functions/core/errors.ts';
import { followerOf, grown, seconds } from '../../../support/story.ts';
import { FakeWorld, PATH } from '../../world/fake-world.ts';
import { Rogue } from '../rogue.ts';

/** What was broken on purpose, and the only words that the judge may have for it. */
export interface Deed {
  readonly name: string;
  readonly words: RegExp;
  readonly deed: () => Promise<FakeWorld>;
}

export const deed = (name: string, words: RegExp, work: () => Promise<FakeWorld>): Deed => ({
  name,
  words,
  deed: work,
});

/** A cluster that stands, and whose members were connected for as long as etcd wants before it is changed. */
export async function connected(size: number): Promise<FakeWorld> {
  const world = await grown(size);
  seconds(world, 6);
  return world;
}

/** The world may not let it happen after all: what was tried is judged all the same. */
function onlyRefused(error: unknown): void {
  if (!(error instanceof OperationError)) throw error;
}

/** Done to a cluster of three that stands, right after a look under the permit. */
export const prepared = (
  name: string,
  words: RegExp,
  work: (rogue: Rogue, world: FakeWorld) => Promise<unknown>,
  before: (world: FakeWorld) => void = () => undefined,
): Deed =>
  deed(name, words, async () => {
    const world = await connected(3);
    before(world);
    const rogue = new Rogue(world);
    await rogue.prepare();
    await work(rogue, world).catch(onlyRefused);
    return world;
  });

/** Done by a function that has just looked at three instances that wait to be founders. */
export const founding = (
  name: string,
  words: RegExp,
  work: (rogue: Rogue, world: FakeWorld) => Promise<unknown>,
): Deed =>
  deed(name, words, async () => {
    const world = new FakeWorld(3);
    world.tick();
    const rogue = new Rogue(world);
    await rogue.look();
    await work(rogue, world);
    return world;
  });

export const claimOf = (world: FakeWorld, over: object = {}): string =>
  JSON.stringify({
    number: 1,
    token: 'fresh',
    members: Object.fromEntries(world.instances.map(({ id, address }) => [id, `http://${address}:2380`])),
    claimedAt: '2026-01-01T00:00:00.000Z',
    ...over,
  });

export const paramOf = (world: FakeWorld, name: string): string => world.parameters.get(PATH + name) ?? '';
export const claimed = (world: FakeWorld, over: object): string =>
  JSON.stringify({ ...JSON.parse(paramOf(world, 'bootstrap')), ...over });

/** The text of a ticket of an instance, with some of its lines changed. */
export function ticketOf(world: FakeWorld, id: string, over: Readonly<Record<string, string>>): string {
  const lines = paramOf(world, `members/${id}`).split('\n');
  const rest = lines.filter((line) => line !== '' && over[line.split('=', 1)[0] ?? ''] === undefined);
  return [...Object.entries(over).map(([key, value]) => `${key}=${value}`), ...rest, ''].join('\n');
}

export async function claimAndTag(rogue: Rogue, world: FakeWorld, tag = '1'): Promise<void> {
  await rogue.ports.parameters.create(`${PATH}bootstrap`, claimOf(world));
  await rogue.look();
  await rogue.ports.scaling.tagGroup('etcd-autopilot-core', 'etcd-autopilot:bootstrapped', tag);
  await rogue.look();
}

export const foundingTicket = (world: FakeWorld, index = 0, token = 'fresh'): readonly [string, string] => {
  const instance = world.instances[index] ?? world.launch();
  const cluster = world.instances.map(({ id, address }) => `${id}=http://${address}:2380`).sort();
  const text = [
    'AUTOPILOT_STATE=ticket',
    `AUTOPILOT_INSTANCE_ID=${instance.id}`,
    'AUTOPILOT_CLAIM=1',
    'AUTOPILOT_MEMBER_ID=5',
    `ETCD_INITIAL_ADVERTISE_PEER_URLS=http://${instance.address}:2380`,
    `ETCD_INITIAL_CLUSTER_TOKEN=${token}`,
    `ETCD_INITIAL_CLUSTER=${cluster.join(',')}`,
    'ETCD_INITIAL_CLUSTER_STATE=new',
    '',
  ];
  return [`members/${instance.id}`, text.join('\n')];
};

export const some = (world: FakeWorld): string => followerOf(world);
export const leaves = (world: FakeWorld): void => world.terminate(some(world));

/** A fourth instance that waits to launch, announced at its address. */
export function announce(world: FakeWorld): string {
  const instance = world.launch();
  const peerUrl = `http://${instance.address}:2380`;
  const text = `AUTOPILOT_STATE=joining\nAUTOPILOT_INSTANCE_ID=${instance.id}\nETCD_INITIAL_ADVERTISE_PEER_URLS=${peerUrl}\n`;
  world.parameters.set(`${PATH}members/${instance.id}`, text);
  return peerUrl;
}

/** The newcomer becomes a learner, and its etcd runs. */
export async function join(rogue: Rogue, world: FakeWorld): Promise<void> {
  const peerUrl = announce(world);
  const instance = world.instances.at(-1);
  await rogue.look();
  const id = await rogue.etcd.addLearner(rogue.witness, peerUrl);
  const cluster = world.etcd.members.map((one) => `${one.name || instance?.id}=${one.peerUrl}`).join(',');
  const ticket = {
    AUTOPILOT_STATE: 'ticket',
    AUTOPILOT_MEMBER_ID: id,
    ETCD_NAME: instance?.id ?? '',
    ETCD_ADVERTISE_CLIENT_URLS: `http://${instance?.address}:2379`,
    ETCD_INITIAL_CLUSTER_STATE: 'existing',
    ETCD_INITIAL_CLUSTER: cluster,
  };
  await rogue.look();
  await rogue.write(`members/${instance?.id}`, ticketOf(world, instance?.id ?? '', ticket));
  world.tick();
  world.tick();
}
