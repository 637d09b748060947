import type { HookSettings, Machine, Probe, ScalingGroup } from '../../../functions/core/ports.ts';
import type { Bench } from './bench.ts';
import { isWaitingState, readTicket, textAt } from './truth.ts';
import type { PassWatch } from './watch.ts';

/** What a function learns from a call that answered. The types are those of the ports: only they call this. */
export const TOLD: Readonly<Record<string, (bench: Bench, watch: PassWatch, result: unknown) => void>> = {
  'scaling.listGroups': (bench, watch, result) => {
    watch.noteGroups(result as readonly ScalingGroup[]);
    noteShown(bench, watch);
  },
  'scaling.listWarmPool': (bench, watch, result) => {
    watch.notePool(result as ScalingGroup['instances']);
    noteShown(bench, watch);
  },
  'scaling.listHooks': (_bench, watch, result) => {
    for (const { transition, globalSeconds } of result as readonly HookSettings[])
      watch.limitsMs.set(transition, globalSeconds * 1_000);
  },
  'parameters.readAll': (_bench, watch, result) => {
    watch.configText = (result as ReadonlyMap<string, string>).get('config');
    watch.endpointsText = (result as ReadonlyMap<string, string>).get('endpoints');
    watch.statusText = (result as ReadonlyMap<string, string>).get('status');
    watch.sawIntent = (result as ReadonlyMap<string, string>).has('teardown');
  },
  'machines.describe': (bench, watch, result) => {
    for (const [id, machine] of result as ReadonlyMap<string, Machine>)
      noteMachine(bench, watch, id, machine);
  },
  'etcd.probe': (bench, watch, result) => {
    watch.noteProbes(bench.truth, result as readonly Probe[]);
    countInSync(bench, watch);
  },
  'etcd.members': (bench, watch) => watch.noteMembers(bench.truth),
  'etcd.takePermit': (bench, watch, result) => {
    if (result === null) return;
    watch.permitAt = bench.memory.callCount;
    watch.isPermitReturned = false;
  },
  'etcd.renewPermit': (_bench, watch, result) => {
    if (result === 'lost') watch.isPermitReturned = true;
  },
};

function noteShown({ truth, memory }: Bench, watch: PassWatch): void {
  for (const id of watch.listed.keys()) memory.shown.add(id);
  if (watch.mode === 'look') return;
  for (const [id, state] of watch.listed) if (isWaitingState(state)) memory.shownAtMs.set(id, truth.nowMs);
}

function noteMachine({ truth, memory }: Bench, watch: PassWatch, id: string, machine: Machine): void {
  watch.said.set(id, machine);
  if (machine.kind === 'known') memory.missingSinceMs.delete(id);
  else if (!memory.missingSinceMs.has(id)) memory.missingSinceMs.set(id, truth.nowMs);
}

/** Looks in a row in which a learner was up, and had nine tenths of what the furthest voter has. */
function countInSync({ memory }: Bench, watch: PassWatch): void {
  const furthest = watch
    .answering()
    .map(({ id }) => watch.told.get(id)?.raftIndex ?? 0n)
    .reduce((most, index) => (index > most ? index : most), 0n);
  const learners = watch.snapshot.members.filter(({ isLearner }) => isLearner);
  const close = learners.filter(({ id }) => {
    const told = watch.told.get(id);
    return told?.isUp === true && told.raftIndex * 10n >= furthest * 9n;
  });
  const ids = new Set(close.map(({ id }) => id));
  for (const id of memory.inSync.keys()) if (!ids.has(id)) memory.inSync.delete(id);
  for (const id of ids) memory.inSync.set(id, (memory.inSync.get(id) ?? 0) + 1);
}

/** Whose member that is which was just added, even where the reply was lost. */
export function noteAdded({ truth, memory }: Bench, watch: PassWatch, peerUrl: string): void {
  const member = truth.etcd.members.find((one) => one.peerUrl === peerUrl && one.name === '');
  if (member === undefined || memory.added.has(member.id)) return;
  const instanceId = [...watch.listed.keys()].find(
    (id) => readTicket(textAt(truth, `members/${id}`) ?? '').peerUrl === peerUrl,
  );
  if (instanceId !== undefined) memory.added.set(member.id, { atMs: truth.nowMs, instanceId });
}
