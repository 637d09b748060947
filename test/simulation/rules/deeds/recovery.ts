import { BUCKET } from '../../world/bucket.ts';
import { type FakeWorld, PATH } from '../../world/fake-world.ts';
import { Rogue } from '../rogue.ts';
import { connected, type Deed, deed } from './deed.ts';

/** Three members of which two are gone for good; the third waits for what is decided. */
async function lost(config: object = { recovery: 'from-survivor' }): Promise<readonly [FakeWorld, Rogue]> {
  const world = await connected(3);
  const settings: unknown = JSON.parse(world.parameters.get(`${PATH}config`) ?? '');
  world.parameters.set(`${PATH}config`, JSON.stringify(Object.assign({}, settings, config)));
  world.backups.isOn = true;
  for (const { id } of world.instances.slice(0, 2)) world.vanish(id);
  const rogue = new Rogue(world);
  await rogue.look();
  return [world, rogue];
}

const survivorOf = (world: FakeWorld): string => world.instances[2]?.id ?? '';

const recordOf = (world: FakeWorld, over: object = {}): string =>
  JSON.stringify({
    version: 1,
    number: 2,
    source: { how: 'from-survivor', instanceId: survivorOf(world), revision: '1' },
    fenced: world.instances.slice(0, 3).map(({ id }) => id),
    forced: [],
    by: 'policy',
    ...over,
  });

const decided = (
  name: string,
  words: RegExp,
  over: (world: FakeWorld) => object,
  config: object = { recovery: 'from-survivor' },
): Deed =>
  deed(name, words, async () => {
    const [world, rogue] = await lost(config);
    await rogue.create('recovery/2', recordOf(world, over(world)));
    return world;
  });

/** Decided, captured, and everybody of the lost cluster has ended: a founder may restore. */
async function ready(): Promise<readonly [FakeWorld, Rogue]> {
  const [world, rogue] = await lost();
  await rogue.create('recovery/2', recordOf(world));
  world.backups.captureSeconds = 0;
  world.backups.capture(world, { recovery: 2, instanceId: survivorOf(world) });
  for (let second = 0; second < 3; second += 1) world.tick();
  world.vanish(survivorOf(world));
  world.tick();
  await rogue.look();
  return [world, rogue];
}

function claimOf(world: FakeWorld, restore: object = {}): string {
  const captured: unknown = JSON.parse(world.parameters.get(`${PATH}recovery/2/captured`) ?? '{}');
  const { key, sha256, sizeBytes } = Object(captured);
  const founder = world.instances.find(({ lifecycle }) => lifecycle === 'Pending:Wait');
  const source = { uri: `s3://${BUCKET}/${key}`, sha256, sizeBytes, bump: 1_000_000_000, ...restore };
  return JSON.stringify({
    number: 2,
    token: 'second',
    members: { [founder?.id ?? '']: `http://${founder?.address}:2380` },
    claimedAt: '2026-01-01T00:10:00.000Z',
    restore: source,
    recovery: 2,
  });
}

/** A founder of the next claim that holds what the last cluster held. */
async function recovered(): Promise<readonly [FakeWorld, Rogue]> {
  const [world, rogue] = await ready();
  const text = claimOf(world);
  await rogue.write('bootstrap', text);
  await rogue.look();
  await rogue.ports.scaling.tagGroup('etcd-autopilot-core', 'etcd-autopilot:bootstrapped', '2');
  await rogue.look();
  const { members, restore } = JSON.parse(text);
  const [id = ''] = Object.keys(members);
  const ticket = [
    'AUTOPILOT_STATE=ticket',
    `AUTOPILOT_INSTANCE_ID=${id}`,
    'AUTOPILOT_CLAIM=2',
    'AUTOPILOT_MEMBER_ID=5',
    `AUTOPILOT_RESTORE=${restore.uri}`,
    `AUTOPILOT_RESTORE_SHA256=${restore.sha256}`,
    `AUTOPILOT_RESTORE_SIZE=${restore.sizeBytes}`,
    'AUTOPILOT_RESTORE_BUMP=1000000000',
    `ETCD_INITIAL_ADVERTISE_PEER_URLS=${members[id]}`,
    `ETCD_ADVERTISE_CLIENT_URLS=${String(members[id]).replace('2380', '2379')}`,
    'ETCD_INITIAL_CLUSTER_TOKEN=second',
    `ETCD_INITIAL_CLUSTER=${id}=${members[id]}`,
    'ETCD_INITIAL_CLUSTER_STATE=new',
    '',
  ];
  world.etcd.version = '3.5.33';
  await rogue.create(`members/${id}`, ticket.join('\n'));
  world.tick();
  await rogue.look();
  return [world, rogue];
}

const told = (name: string, words: RegExp, over: (world: FakeWorld) => object): Deed =>
  deed(name, words, async () => {
    const [world, rogue] = await recovered();
    const done = { version: 1, outcome: 'recovered', text: 'at least 0 writes are lost', ...over(world) };
    await rogue.create('recovery/2/done', JSON.stringify(done));
    return world;
  });

/** Q1 to Q4: what a recovery must not do. */
export const RECOVERY: readonly Deed[] = [
  deed(
    'a recovery is decided of what may come back',
    /^Q1: .* is decided, and .* of 3 may come back/,
    async () => {
      const world = await connected(3);
      const config = JSON.parse(world.parameters.get(`${PATH}config`) ?? '');
      world.parameters.set(`${PATH}config`, JSON.stringify({ ...config, recovery: 'from-survivor' }));
      for (const id of world.voters().slice(0, 2)) world.processOf(id).up = false;
      const rogue = new Rogue(world);
      await rogue.look();
      await rogue.create('recovery/2', recordOf(world));
      return world;
    },
  ),
  decided('nobody asked for a recovery', /^Q1: .*and nobody asked for it/, () => ({}), {
    recovery: 'manual',
  }),
  decided('a machine is taken for lost without anybody saying so', /^Q1: .* for lost by itself/, (world) => ({
    forced: [survivorOf(world)],
  })),
  decided('a member of the lost cluster is not fenced', /^Q2: .* leaves out/, () => ({ fenced: [] })),
  decided(
    'a snapshot is taken where the settings want a survivor',
    /^Q3: .* takes a snapshot, and the settings say/,
    () => ({ source: { how: 'from-snapshot', key: 'any', revision: '1' } }),
  ),
  deed('a survivor is taken although another has more', /^Q3: .* takes .* has more/, async () => {
    const world = await connected(5);
    const config = JSON.parse(world.parameters.get(`${PATH}config`) ?? '');
    world.parameters.set(`${PATH}config`, JSON.stringify({ ...config, recovery: 'from-survivor' }));
    for (const { id } of world.instances.slice(0, 3)) world.vanish(id);
    const [, , , behind, ahead] = world.instances;
    world.etcd.disks.set(behind?.disk ?? '', 1n);
    const rogue = new Rogue(world);
    await rogue.look();
    const source = { how: 'from-survivor', instanceId: behind?.id, revision: '1' };
    const fenced = world.instances.map(({ id }) => id);
    await rogue.create('recovery/2', recordOf(world, { source, fenced: [...fenced, ahead?.id] }));
    return world;
  }),
  deed(
    'a founder is claimed while a fenced machine runs',
    /^Q2: .* found while .* is not terminated/,
    async () => {
      const [world, rogue] = await lost();
      await rogue.create('recovery/2', recordOf(world));
      world.backups.captureSeconds = 0;
      world.backups.capture(world, { recovery: 2, instanceId: survivorOf(world) });
      for (let second = 0; second < 3; second += 1) world.tick();
      await rogue.look();
      await rogue.write('bootstrap', claimOf(world));
      return world;
    },
  ),
  deed('something else is restored than was decided', /^Q3: .* is to be restored/, async () => {
    const [world, rogue] = await ready();
    await rogue.write('bootstrap', claimOf(world, { uri: `s3://${BUCKET}/another` }));
    return world;
  }),
  deed('what is restored was changed since', /^Q3: .* is not what was kept there/, async () => {
    const [world, rogue] = await ready();
    await rogue.write('bootstrap', claimOf(world, { sha256: 'f'.repeat(64) }));
    return world;
  }),
  deed('a founder restores while the lost cluster may come back', /^Q[12]: .* restores while/, async () => {
    const [world, rogue] = await ready();
    // As an ended machine that was none.
    const [first] = world.instances;
    await rogue.write('bootstrap', claimOf(world));
    if (first !== undefined) first.state = 'stopped';
    world.judge.restoring(world.instances.at(-1)?.id ?? '');
    return world;
  }),
  told('a recovery says that nothing was lost', /^Q4: a recovery tells of no loss/, () => ({ text: 'none' })),
  told('a recovery states more than was lost', /^Q4: a recovery tells of 99 lost writes/, () => ({
    lostAtLeast: '99',
  })),
];

/** The same, done well. */
export const RECOVERED: readonly Deed[] = [
  told('a recovery is decided, captured, fenced, restored and told of', /never/, (world) => ({
    restoredRevision: String(world.etcd.restoredRevision),
    lostAtLeast: '0',
  })),
];
