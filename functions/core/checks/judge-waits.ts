import { explainWait } from '../explain.ts';
import { explainAction } from '../explain-action.ts';
import { PARAMETER } from '../names.ts';
import { editedName } from '../plan/edited.ts';
import type { Action, Wait } from '../plan/plan.ts';
import { statusWait } from '../plan/publish.ts';
import { waitCode } from './catalog-waits.ts';
import { type Found, found } from './finding.ts';
import type { ChecksWorld } from './world.ts';

/** What the plan waits for and a person should know of. */
export const judgeWaits = ({ cluster, waits }: ChecksWorld): readonly Found[] =>
  waits.flatMap((wait) => {
    const code = waitCode(wait.kind);
    if (code === null) return [];
    const subject = statusWait(wait).subject ?? subjectOf(wait) ?? cluster;
    const repair = REPAIRING.includes(wait.kind) ? 'repairing' : 'left';
    return [found(code, subject, explainWait(cluster, wait), { evidence: evidenceOf(wait), repair })];
  });

/** What membership ends by itself, or has its group end. */
const REPAIRING: readonly Wait['kind'][] = [
  'clusterForming',
  'claimFailed',
  'evidenceMissing',
  'voterSilent',
  'leaverSilent',
  'machineEnding',
  'learnerCatchingUp',
  'memberStarting',
  'learnerSilent',
  'joinsPaused',
  'joinFailed',
  'recovering',
  'makingSpace',
  'memberCorrupt',
  'defragmentationDue',
];

function subjectOf(wait: Wait): string | null {
  if (wait.kind === 'recordUnreadable') return wait.name;
  if (wait.kind === 'refused') return wait.code;
  if ('alarms' in wait) return wait.alarms.join(',');
  if ('names' in wait) return wait.names.join(',');
  if ('seen' in wait) return wait.seen.join(',');
  return null;
}

/** Its plain fields; what is a list of things is in the text. */
function evidenceOf(wait: Wait): Readonly<Record<string, string | number>> {
  const { kind, ...fields } = wait;
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [],
    ),
  );
}

/**
 * What membership is about to do. It does so within seconds: what stands undone for minutes says that it does not
 * run. A change that is repeated is one only if it is the very same.
 */
export const judgePending = ({ cluster, pending }: ChecksWorld): readonly Found[] =>
  pending.flatMap((action) => {
    // Told by the tickets that it is about.
    if (action.kind === 'removeParameters') return [];
    const drift = driftOf(action);
    if (drift !== null) return [drift];
    const subject = ['instanceId', 'memberId', 'groupName', 'list'].flatMap((name) => fieldOf(action, name));
    return [
      found('changesUndone', [action.kind, ...subject].join(' '), explainAction(cluster, action), {
        repair: 'repairing',
      }),
    ];
  });

function fieldOf(action: Action, name: string): readonly string[] {
  const value = new Map<string, unknown>(Object.entries(action)).get(name);
  return typeof value === 'string' ? [value] : [];
}

/** Something that stood as it should, and was changed or deleted by somebody since; `null`: the action is another. */
function driftOf(action: Action): Found | null {
  const name = editedName(action);
  if (name !== null)
    return found('recordEdited', name, `somebody changed or deleted the parameter ${name}`, {
      repair: 'repairing',
    });
  return null;
}

/**
 * Tickets of instances that nobody knows any more. Membership wants to see that twice, a minute apart, before it
 * deletes one. Where no voter answers they are evidence of who was there, and stay.
 */
export function judgeTickets({ world }: ChecksWorld): readonly Found[] {
  if (world === null || world.etcd.view === null) return [];
  const { instances, machines, etcd, records } = world;
  const isMember = (id: string): boolean =>
    etcd.view?.members.some(({ instanceId }) => instanceId === id) ?? true;
  return records.ticketNames.flatMap((name) => {
    const id = name.slice(PARAMETER.members.length);
    const machine = machines.get(id);
    const isGone = machine?.kind === 'notFound' || machine?.state === 'terminated';
    if (!isGone || isMember(id) || instances.some((instance) => instance.id === id)) return [];
    return [
      found('recordStale', name, `the parameter ${name} is of an instance that is gone`, {
        repair: 'repairing',
      }),
    ];
  });
}
