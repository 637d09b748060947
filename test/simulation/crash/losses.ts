import { type FakeWorld, PATH } from '../world/fake-world.ts';
import { followerOf } from './updates.ts';

const QUOTA_BYTES = 67_108_864;

const set = (world: FakeWorld, change: object): void => {
  const name = `${PATH}config`;
  const config: unknown = JSON.parse(world.parameters.get(name) ?? '{}');
  world.parameters.set(name, JSON.stringify(Object.assign({}, config, change)));
};

/** Clients overwrite what they have until every file is full. */
export function fillUp(world: FakeWorld): void {
  set(world, { maintenance: { quotaBytes: QUOTA_BYTES } });
  world.etcd.space.quotaBytes = QUOTA_BYTES;
  world.etcd.space.load(QUOTA_BYTES);
  world.etcd.clientWrite();
}

/** One member holds something else than the others, and etcd notices; its group launches another. */
export async function spoil(world: FakeWorld, settle: () => Promise<void>): Promise<void> {
  const { memberId } = world.processOf(followerOf(world));
  world.etcd.space.corrupt.add(memberId);
  world.etcd.alarms.set(memberId, 'CORRUPT');
  await settle();
  for (let second = 0; second < 5; second += 1) world.tick();
}

/** Two of three are gone for good; backup captures the third as soon as it is asked. */
export function loseTwo(world: FakeWorld): void {
  set(world, { recovery: 'from-survivor' });
  startKeeping(world);
  for (const id of world.voters().slice(0, 2)) world.vanish(id);
}

/** All are gone for good, and a snapshot was proved before. */
export async function loseAll(world: FakeWorld, settle: () => Promise<void>): Promise<void> {
  set(world, { recovery: 'from-snapshot' });
  startKeeping(world);
  for (let second = 0; second < 8; second += 1) world.tick();
  await settle();
  for (const id of world.voters()) world.vanish(id);
}

/** What backup and verification do is done in no time. */
function startKeeping(world: FakeWorld): void {
  world.etcd.version = '3.6.14';
  Object.assign(world.backups, { isOn: true, everySeconds: 600, verifySeconds: 2, captureSeconds: 1 });
}
