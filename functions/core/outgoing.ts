import type { OutgoingEvent } from './outgoing-event.ts';
import type { Action } from './plan/plan.ts';
import type { Status, StatusWait } from './status.ts';

/** The events that tell others what an action made true. */
export function eventsOf(cluster: string, action: Action): readonly OutgoingEvent[] {
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
        ...heldEvents(cluster, action.previous, action.status),
      ];
    default:
      return [];
  }
}

const HEALTH_EVENT = {
  healthy: 'Cluster Healthy',
  degraded: 'Cluster Degraded',
  quorumLost: 'Quorum Lost',
} as const;

function healthEvents(cluster: string, previous: Status | null, next: Status): readonly OutgoingEvent[] {
  if (previous?.health === next.health) return [];
  return [
    {
      detailType: HEALTH_EVENT[next.health],
      detail: { cluster, clusterId: next.clusterId, generation: next.generation },
    },
  ];
}

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
