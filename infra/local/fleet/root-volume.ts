import { setTimeout as sleep } from 'node:timers/promises';
import type { Lifecycle } from './lifecycle.ts';
import type { Group, Instance, LaunchTemplate } from './model.ts';
import { ROUTES } from './routes.ts';

/** Starts to replace an instance's root volume: it waits in its terminate hooks with everything still in place. */
export function replaceRoot(
  lifecycle: Lifecycle,
  group: Group,
  instance: Instance,
  template: LaunchTemplate,
  cause: string,
): void {
  lifecycle.begin(group, instance, `Replacing root volume of EC2 instance: ${instance.id}`, cause);
  instance.state = 'ReplacingRootVolume';
  instance.template = template;
  lifecycle.hold(group, instance, ROUTES.rootBefore);
}

/** The machine goes down, loses its disk, and comes up as on its first boot: same id, same address. */
export async function renewRoot(lifecycle: Lifecycle, group: Group, instance: Instance): Promise<void> {
  const { machines, waits } = lifecycle.world;
  instance.state = 'ReplacingRootVolume:Proceed';
  instance.activity.status = 'InProgress';
  await machines.stop(instance.id, waits.terminationMs);
  if (instance.state !== 'ReplacingRootVolume:Proceed') return;
  machines.clear(instance.id);
  await sleep(waits.bootMs);
  if (instance.state !== 'ReplacingRootVolume:Proceed') return;
  await machines.start(instance);
  if (instance.state !== 'ReplacingRootVolume:Proceed') return;
  instance.state = 'RootVolumeReplaced';
  lifecycle.hold(group, instance, ROUTES.rootAfter);
}
