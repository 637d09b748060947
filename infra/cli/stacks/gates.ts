import type { StackEvent } from './events.ts';

/** Resources that ask whether the cluster tolerates one more failure. */
export const GATE_TYPE = 'Custom::EtcdGate';

/** The gate before the group and the one after it, as the packaged templates call them. */
export type GateSide = 'before' | 'after';

/** Which gate refused first, of those that did; `null`: none. */
export function refusingGate(events: readonly StackEvent[]): GateSide | null {
  const refused = events
    .filter(({ type, status }) => type === GATE_TYPE && /^(CREATE|UPDATE)_FAILED$/.test(status))
    .toSorted((left, right) => left.atMs - right.atMs)
    .at(0);
  if (refused === undefined) return null;
  // A gate that waits until the group is done, which failed, is only cancelled: it refused nothing.
  if (/cancell?ed/i.test(refused.reason)) return null;
  return refused.logicalId.startsWith('After') ? 'after' : 'before';
}

/** What a gate's refusal means for the members, and what to do. */
export function gateAdvice(side: GateSide, cluster: string, again: string): string {
  const wait = `etcd-autopilot gate --cluster ${cluster}`;
  return side === 'before'
    ? `The gate refused it before any member was touched, and everything is as it was. When "${wait}" ends well, try again: ${again}. Where the update is the cure: docs/updates.md`
    : `The cluster was not whole in time after the members were changed, so that was undone. See etcd-autopilot status --cluster ${cluster}; when "${wait}" ends well, try again: ${again}`;
}

/** A gate that is asked for long, in words. */
export const waitingGate = (logicalId: string): string =>
  `${logicalId} (waits for the cluster: etcd-autopilot status tells what it lacks)`;
