import type { FakeWorld } from './fake-world.ts';
import type { FakeInstance } from './instance.ts';
import { restoreOn } from './restore.ts';
import { PATH } from './state.ts';

/** A second of a machine: the boot script's decision table, in short. */
export function bootOn(world: FakeWorld, instance: FakeInstance): void {
  if (instance.state !== 'running' || !instance.boots || world.nowMs < instance.upAtMs) return;
  if (world.hasEtcd(instance)) return;
  const text = world.parameters.get(`${PATH}members/${instance.id}`);
  if (text === undefined) return;
  const ticket = ticketOf(instance, text);
  const memberId = ticket.get('AUTOPILOT_MEMBER_ID') ?? '';
  const state = ticket.get('AUTOPILOT_STATE');
  // What is no ticket is refused and not reported, and `joining` is waited out.
  if (state !== 'ticket' && state !== 'started') return;
  const mayStart = state === 'ticket' && !instance.used.has(memberId);
  const isRestored = instance.disk !== memberId && ticket.has('AUTOPILOT_RESTORE');
  if (instance.disk !== memberId && !mayStart) report(world, instance, memberId);
  else if (isRestored) restore(world, instance, ticket);
  else world.startEtcd(instance, ticket);
  if (!world.hasEtcd(instance)) return;
  instance.disk = memberId;
  instance.used.add(memberId);
}

/** Read once, and again when it has changed: a machine looks at it every second. */
function ticketOf(instance: FakeInstance, text: string): ReadonlyMap<string, string> {
  if (instance.ticket?.text === text) return instance.ticket.values;
  const lines = text
    .split('\n')
    .map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)] as const);
  instance.ticket = { text, values: new Map(lines) };
  return instance.ticket.values;
}

/** What cannot be brought back is reported, and tried again. */
function restore(world: FakeWorld, instance: FakeInstance, ticket: ReadonlyMap<string, string>): void {
  const failed = restoreOn(world, instance, ticket);
  if (failed === null) return;
  const memberId = ticket.get('AUTOPILOT_MEMBER_ID') ?? '';
  const text = `AUTOPILOT_REPORT=restore-failed\nAUTOPILOT_MEMBER_ID=${memberId}\nAUTOPILOT_REASON=${failed.reason}\n`;
  world.parameters.set(`${PATH}reports/${instance.id}`, text);
}

function report(world: FakeWorld, instance: FakeInstance, memberId: string): void {
  const kind = instance.disk === null ? 'empty-disk' : 'foreign-data';
  const text = `AUTOPILOT_REPORT=${kind}\nAUTOPILOT_MEMBER_ID=${memberId}\n`;
  world.parameters.set(`${PATH}reports/${instance.id}`, text);
}
