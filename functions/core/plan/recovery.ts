import type { Claim } from '../claim.ts';
import type { InstanceId } from '../identity.ts';
import type { MemberView, Observation } from '../observation.ts';
import { pinnedClusterId } from '../pinned.ts';
import { decideByPolicy } from '../recovery/decide.ts';
import type { RecoveryDone } from '../recovery/done.ts';
import { judgeLoss, type LossVerdict } from '../recovery/evidence.ts';
import { fencedIn } from '../recovery/fenced.ts';
import { lossText, lostAtLeast, restoredRevision } from '../recovery/loss.ts';
import { isOldReading, sourceChosen } from '../recovery/options.ts';
import type { RecoveryRecord, RecoverySource } from '../recovery/record.ts';
import { claimsOf, openRecovery, untoldRecovery } from '../recovery/records.ts';
import { lastSeenOf } from '../recovery/sources.ts';
import { RESTORE_BUMP } from '../restore.ts';
import { planNotes } from './notes.ts';
import { act, merge, nothing, type Plan, wait } from './plan.ts';
import { planStatusOnly } from './publish.ts';

/**
 * A cluster that lived, and of which no voter answers. Nothing changes its membership. A loss that may end by
 * itself is told; one that is for ever, by evidence, is decided on by the configuration or by a person.
 */
export function planLoss(world: Observation): Plan {
  const { choice } = world.pass;
  const chosen = choice === null ? null : sourceChosen(world, choice);
  if (choice !== null && chosen?.ok === true) {
    const { source, options } = chosen;
    const by = `operator ${choice.by}`;
    return startRecovery(world, options.verdict, { source, forced: choice.forced, by, nonce: choice.nonce });
  }
  const refused = chosen?.ok === false ? wait({ kind: 'choiceRefused', because: chosen.reason }) : nothing;
  return merge(planNotes(world), planVerdict(world, judgeLoss(world)), refused);
}

function planVerdict(world: Observation, verdict: LossVerdict): Plan {
  const { askedCount, statusCount } = world.etcd;
  if (!verdict.permanent || isOldReading(world))
    return planStatusOnly(world, { kind: 'quorumUnknown', askedCount, statusCount });
  const decision = decideByPolicy(world, verdict);
  if (decision.kind === 'recover')
    return startRecovery(world, verdict, { source: decision.source, forced: [], by: 'policy', nonce: null });
  return planStatusOnly(world, {
    kind: 'quorumLost',
    permanent: true,
    instanceIds: verdict.lost,
    left: [...verdict.shown, ...verdict.unknown].sort(),
    hold: decision.because,
    about: decision.instanceIds,
  });
}

/** Who decided, and what. */
interface Decided {
  readonly source: RecoverySource;
  readonly forced: readonly InstanceId[];
  readonly by: string;
  readonly nonce: string | null;
}

/** Past every claim and every recovery that there was: the number stands for one cluster, and is never used again. */
export function startRecovery(world: Observation, verdict: LossVerdict, decided: Decided): Plan {
  const { claim, recovery } = world.records;
  const highest = Math.max(claim?.number ?? 0, recovery.latest?.number ?? 0, world.group.bootstrapped ?? 0);
  const record: RecoveryRecord = {
    number: Math.max(highest, ...recovery.claims.keys()) + 1,
    attempt: 1,
    fenced: fencedIn(world, verdict),
    formerClusterId: pinnedClusterId(world.records),
    at: new Date(world.takenAtMs).toISOString(),
    lastSeen: lastSeenOf(world),
    ...decided,
  };
  return act({ kind: 'startRecovery', record });
}

/** A voter answers: what was noted for the loss is over, and a recovery ends, whichever of the two clusters it is. */
export function planQuorumBack(world: Observation, view: MemberView): Plan {
  const open = openRecovery(world.records);
  const untold = untoldRecovery(world.records);
  return merge(
    open !== null && !isStanding(world.records.claim, open) ? callOff(world, open) : nothing,
    untold === null ? nothing : tellLoss(world, view, untold),
    world.records.recovery.hasNotes
      ? act({ kind: 'removeParameters', names: ['quorum'], because: 'quorumBack' })
      : nothing,
  );
}

const isStanding = (claim: Claim | null, { number }: RecoveryRecord): boolean => claim?.recovery === number;

/** The old cluster answers again, by a majority: nothing of it may be destroyed any more. */
export function callOff(world: Observation, { number, lastSeen }: RecoveryRecord): Plan {
  const at = new Date(world.takenAtMs).toISOString();
  const text = 'called off: the cluster has its quorum again, and nothing is lost';
  const done = { at, restoredRevision: null, lastSeen, lostAtLeast: null, text };
  return act({ kind: 'finishRecovery', number, done: { outcome: 'calledOff', ...done } });
}

/** States what was lost, from what the new cluster shows and what was seen of the old one. */
function tellLoss(world: Observation, view: MemberView, record: RecoveryRecord): Plan {
  const restored = restoredFrom(world, view, record);
  const { number, lastSeen } = record;
  const done: RecoveryDone = {
    outcome: 'recovered',
    at: new Date(world.takenAtMs).toISOString(),
    restoredRevision: restored,
    lastSeen,
    lostAtLeast: lostAtLeast(lastSeen, restored),
    text: lossText(lastSeen, restored),
  };
  return act({ kind: 'finishRecovery', number, done });
}

/** Exactly, where the source was restored for proof before; else by the first revision that is seen: never too low. */
function restoredFrom(world: Observation, view: MemberView, { number, source }: RecoveryRecord): string {
  if (source.how === 'from-snapshot' && source.restorable) return source.revision;
  const bump = claimsOf(world.records, number).at(-1)?.restore?.bump ?? RESTORE_BUMP;
  const seen = [...world.etcd.statuses.values()]
    .filter(({ clusterId }) => clusterId === view.clusterId)
    .map(({ revision }) => BigInt(revision));
  const highest = seen.reduce((one, other) => (one > other ? one : other), 0n);
  return restoredRevision(highest.toString(), bump);
}
