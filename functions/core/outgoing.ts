import type { OutgoingEvent } from './outgoing-event.ts';
import { editedName } from './plan/edited.ts';
import type { Action } from './plan/plan.ts';
import type { Status, StatusWait } from './status.ts';

/** The events that tell others what an action made true. */
export function eventsOf(cluster: string, action: Action): readonly OutgoingEvent[] {
  const name = editedName(action);
  const repaired = { detailType: 'Drift Repaired', detail: { cluster, parameter: name } } as const;
  return name === null ? changesOf(cluster, action) : [repaired, ...changesOf(cluster, action)];
}

function changesOf(cluster: string, action: Action): readonly OutgoingEvent[] {
  switch (action.kind) {
    case 'promoteLearner':
      return [
        {
          detailType: 'Member Joined',
          detail: { cluster, memberId: action.memberId, instanceId: action.instanceId },
        },
      ];
    case 'removeMember': {
      const { memberId, instanceId, because } = action;
      return [{ detailType: 'Member Left', detail: { cluster, memberId, instanceId, because } }];
    }
    case 'publishStatus':
      return [
        ...healthEvents(cluster, action.previous, action.status),
        ...lossEvents(cluster, action.previous, action.status),
        ...heldEvents(cluster, action.previous, action.status),
      ];
    case 'startRecovery': {
      const { number, attempt, source, fenced, by } = action.record;
      return [{ detailType: 'Recovery Started', detail: { cluster, number, attempt, source, fenced, by } }];
    }
    case 'finishRecovery':
      return [{ detailType: 'Recovery Ended', detail: { cluster, number: action.number, ...action.done } }];
    default:
      return [];
  }
}

/**
 * Who publishes must know at once that somebody answers no more, or again. People are told of a lost quorum at
 * once, and of the rest by the checks, when it has lasted.
 */
function healthEvents(cluster: string, previous: Status | null, next: Status): readonly OutgoingEvent[] {
  if (previous?.health === next.health) return [];
  const { clusterId, generation, health } = next;
  const detail = { cluster, clusterId, generation };
  return [{ detailType: 'Health Changed', detail: { ...detail, health } }];
}

/** Told when voters fall silent, and once more when it is sure that they do not come back. */
function lossEvents(cluster: string, previous: Status | null, next: Status): readonly OutgoingEvent[] {
  if (next.health !== 'quorumLost') return [];
  const [before, lost] = [previous?.waits.find(isForEver), next.waits.find(isForEver)];
  if (previous?.health === 'quorumLost' && (lost === undefined || before !== undefined)) return [];
  const { clusterId, generation } = next;
  const permanent = lost !== undefined;
  const detail = { cluster, clusterId, generation, permanent, lost: lost?.subject?.split(',') ?? [] };
  return [{ detailType: 'Quorum Lost', detail }];
}

const isForEver = ({ kind }: StatusWait): boolean => kind === 'quorumLost';

/** Told once: a hook is first seen past half of its global limit, an instance retained after it, or a reboot overdue. */
function heldEvents(cluster: string, previous: Status | null, next: Status): readonly OutgoingEvent[] {
  const before = new Set(previous?.waits.filter(isHeld).map(keyOf));
  return next.waits
    .filter((wait) => isHeld(wait) && !before.has(keyOf(wait)))
    .map(({ subject }) => ({ detailType: 'Action Held', detail: { cluster, instanceId: subject } }));
}

const HELD: readonly string[] = ['hookPastHalf', 'instanceRetained', 'rebootOverdue'];
const isHeld = ({ kind }: StatusWait): boolean => HELD.includes(kind);
const keyOf = ({ kind, subject }: StatusWait): string => `${kind} ${subject}`;
