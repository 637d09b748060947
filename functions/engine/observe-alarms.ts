import type { AlarmedView } from '../core/alarmed.ts';
import { OperationError } from '../core/errors.ts';
import type { ClusterId } from '../core/identity.ts';
import { isRecord, parseJson } from '../core/json.ts';
import { KEY, MEMBERS } from '../core/names.ts';
import type { Member } from '../core/observation.ts';
import type { EtcdPort, MemberEntry, Probe } from '../core/ports.ts';
import { decodeRebootLock, FREE_LOCK } from '../core/reboot/lock.ts';
import { isItself, isLeading, isSameMembership } from './probe-sight.ts';

type Shown = Extract<Probe, { readonly kind: 'status' }>;

/**
 * The cluster as voters tell it that would answer, were it not for an alarm: `null` where there are none, or where
 * the alarm is taken back by now. Asked only where nobody answers.
 */
export async function observeAlarmed(
  etcd: EtcdPort,
  probes: readonly Probe[],
  expected: ClusterId,
  toMembers: (list: readonly MemberEntry[], clusterId: ClusterId) => readonly Member[],
): Promise<AlarmedView | null> {
  const armed = probes.filter((probe) => isArmed(probe, expected));
  const lists = await Promise.all(armed.map(({ endpoint }) => etcd.members(endpoint).catch(asSilence)));
  const told = armed.flatMap((probe, index) => {
    const list = lists[index] ?? [];
    return list.some((entry) => isItself(entry, probe)) ? [{ probe, list }] : [];
  });
  const speaker = told.find(({ probe }) => isLeading(probe)) ?? told[0];
  if (speaker === undefined) return null;
  const { list, probe } = speaker;
  const { endpoint: witness } = probe;
  const [alarms, permit, lock] = await Promise.all([
    etcd.alarms(witness),
    etcd.read(witness, KEY.disruption),
    etcd.read(witness, KEY.reboots + MEMBERS),
  ]);
  if (alarms.length === 0) return null;
  return {
    witness,
    clusterId: expected,
    members: toMembers(list, expected),
    proven: new Set(told.map((one) => one.probe.status.memberId)),
    agreed: told.every((one) => isSameMembership(one.list, list)),
    leaderId: probe.status.leaderId,
    revision: probe.status.revision,
    alarms,
    permit: permit === null ? null : { sinceMs: sinceIn(permit) },
    rebooting: lock === null ? FREE_LOCK : decodeRebootLock(lock),
  };
}

/** As "a voter answers", with nothing wrong but alarms. */
function isArmed(probe: Probe, clusterId: ClusterId): probe is Shown {
  if (probe.kind !== 'status' || !probe.linearizable) return false;
  const { isLearner, leaderId, errors } = probe.status;
  if (isLearner || leaderId === null || probe.status.clusterId !== clusterId) return false;
  return errors.length > 0 && errors.every((error) => ALARM.test(error));
}

/** As etcd writes it; up to 3.6 with a blank behind, from 3.7 on with one blank or two between: that depends on the build. */
const ALARM = /^memberID:\d+ +alarm: *\w+ *$/;

function sinceIn(permit: string): number | null {
  const value = parseJson(permit);
  const atMs = isRecord(value) ? Date.parse(String(value['since'])) : Number.NaN;
  return Number.isNaN(atMs) ? null : atMs;
}

function asSilence(error: unknown): null {
  if (error instanceof OperationError) return null;
  throw error;
}
