import type { Claim } from '../../functions/core/claim.ts';
import type { Observation } from '../../functions/core/observation.ts';
import type { RecoveryAction } from '../../functions/core/plan/recovery-step.ts';

/** The observation that follows a step of a recovery; backup, the group and EC2 have not done anything yet. */
export function appliedToRecovery(world: Observation, action: RecoveryAction): Observation {
  const { recovery } = world.records;
  const having = (change: Partial<typeof recovery>): Observation => ({
    ...world,
    records: { ...world.records, recovery: { ...recovery, ...change } },
  });
  switch (action.kind) {
    case 'noteQuorum':
      return having({ notes: action.notes, hasNotes: true });
    case 'startRecovery':
      return having({ latest: action.record });
    case 'askCapture':
      return { ...world, pass: { ...world.pass, captureAsked: true } };
    case 'fenceInstance':
      return {
        ...world,
        instances: world.instances.map((one) =>
          one.id === action.instanceId ? { ...one, stage: 'leaving', waitsIn: 'terminate' } : one,
        ),
      };
    case 'claimRecovered':
      return having({ claims: new Map([...recovery.claims, [action.number, claimOf(action)]]) });
    case 'finishRecovery':
      return having({ isDone: true, done: action.done });
    default:
      return world;
  }
}

const claimOf = (action: Extract<RecoveryAction, { readonly kind: 'claimRecovered' }>): Claim => ({
  number: action.number,
  token: `core-${action.number}-token`,
  members: { [action.instanceId]: action.peerUrl },
  claimedAt: '2026-01-01T01:00:00.000Z',
  clusterId: null,
  restore: {
    uri: `s3://snapshots/${action.restore.key}`,
    sha256: action.restore.sha256,
    sizeBytes: action.restore.sizeBytes,
    bump: action.bump,
  },
  recovery: action.recovery,
});
