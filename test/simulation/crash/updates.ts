import { KEY, MEMBERS } from '../../../functions/core/names.ts';
import { encodeRebootLock } from '../../../functions/core/reboot/lock.ts';
import { type FakeWorld, PATH } from '../world/fake-world.ts';

export const followerOf = (world: FakeWorld): string =>
  world.voters().find((id) => id !== world.leaderName) ?? '';

/** Who goes next is named by the real core of the policy, from a status that answers it; the leader is the last. */
export async function refreshByPolicy(world: FakeWorld, settle: () => Promise<void>): Promise<void> {
  const leader = world.instance(world.leaderName);
  world.termination.isOn = true;
  world.mail.ask = (_world, body) => {
    if (!world.looks.includes(body)) world.looks.push(body);
  };
  world.refresh.start(world, 'launchFirst');
  for (let count = 0; world.refresh.isRunning && count < 40; count += 1) {
    world.tick();
    await settle();
  }
  const { named } = world.termination;
  const early = named.filter(({ isLeader, otherVoterCount }) => isLeader && otherVoterCount > 0);
  if (world.refresh.isRunning || leader.listed) throw new Error('the refresh did not end');
  if (early.length > 0) throw new Error(`the leader was named first: ${JSON.stringify(named)}`);
}

export function vanishRebooting(world: FakeWorld): void {
  const id = followerOf(world);
  const holders = [{ instanceId: id, since: new Date(world.nowMs).toISOString() }];
  world.etcd.keys.set(KEY.reboots + MEMBERS, encodeRebootLock({ holders, ours: true }) ?? '');
  world.vanish(id);
}

export function replaceInStack(world: FakeWorld): void {
  joinStack(world);
  world.terminate(followerOf(world));
}

/** No etcd of the new image starts; the group launches first. */
export function releaseBadImage(world: FakeWorld): void {
  joinStack(world);
  setGrace(world, { unstarted: 20 });
  world.imageBoots = false;
  world.refresh.start(world, 'launchFirst');
}

/** A stack that waits for a signal of every instance. */
function joinStack(world: FakeWorld): void {
  world.tags.set('aws:cloudformation:stack-name', 'stack');
  world.tags.set('aws:cloudformation:logical-id', 'MemberGroup');
  world.stackWaits = true;
}

export function setGrace(world: FakeWorld, graceSeconds: Readonly<Record<string, number>>): void {
  const name = `${PATH}config`;
  const config: unknown = JSON.parse(world.parameters.get(name) ?? '{}');
  world.parameters.set(name, JSON.stringify(Object.assign({}, config, { graceSeconds })));
}
