import type { Claim } from '../claim.ts';
import type { InstanceId } from '../identity.ts';
import { mustLeave } from '../lifecycle.ts';
import type { Observation } from '../observation.ts';
import { bumpFor } from '../recovery/bump.ts';
import { decideByPolicy } from '../recovery/decide.ts';
import { isOver, judgeLoss } from '../recovery/evidence.ts';
import { sourceChosen } from '../recovery/options.ts';
import type { RecoveryRecord } from '../recovery/record.ts';
import { claimsOf } from '../recovery/records.ts';
import { placeOfRestore } from '../restore.ts';
import { peerUrlOf } from '../urls.ts';
import { candidatesIn, planFence, planFencing } from './fencing.ts';
import { foundingTicket } from './forming.ts';
import { planNotes } from './notes.ts';
import { act, merge, nothing, type Plan, wait } from './plan.ts';
import { planStatusOnly } from './publish.ts';
import { callOff } from './recovery.ts';
import type { RecoveryStep, RecoveryWait, Restored } from './recovery-step.ts';

/**
 * The next step of a recovery that was decided on, from what is seen alone: whoever comes after a crash sees the
 * same, and goes on (S47). In this order, each only when the one before is proved: what is restored lies in the
 * bucket; nothing of the lost cluster can run; one newcomer founds the new one.
 */
export function planRecovering(world: Observation, record: RecoveryRecord): Plan {
  if (isAlive(world, record)) return callOff(world, record);
  const again = planAgain(world, record);
  const restored = restoredOf(world, record);
  const next = restored === null ? planCapture(world, record) : planFounding(world, record, restored);
  return merge(planNotes(world), again.actions.length > 0 ? again : merge(next, again));
}

/** A voter of the lost cluster serves with a majority, though it is alarmed: it is not lost. */
const isAlive = ({ etcd, records }: Observation, { number, formerClusterId }: RecoveryRecord): boolean =>
  records.claim?.recovery !== number &&
  [...etcd.statuses.values()].some(
    ({ linearizable, clusterId }) => linearizable && clusterId === formerClusterId,
  );

/** What is to be restored; `null`: it does not lie in the bucket yet. */
function restoredOf(world: Observation, { source }: RecoveryRecord): Restored | null {
  const { bucket } = world.config.backup;
  if (source.how === 'from-snapshot') {
    const { key, sha256, sizeBytes } = source;
    return { bucket, key, sha256, sizeBytes };
  }
  const { captured } = world.records.recovery;
  return captured === null
    ? null
    : { bucket, key: captured.key, sha256: captured.sha256, sizeBytes: captured.sizeBytes };
}

function planCapture(world: Observation, record: RecoveryRecord): Plan {
  const { source, number } = record;
  if (source.how !== 'from-survivor') return nothing;
  const { instanceId } = source;
  if (isOver(world, instanceId)) return tell(world, record, 'sourceLost', [instanceId]);
  const ask = world.pass.captureAsked ? nothing : act({ kind: 'askCapture', recovery: number, instanceId });
  return merge(ask, tell(world, record, 'capturing', [instanceId]));
}

/**
 * Another source takes the place of one that was lost before it was captured, as the configuration says; or of any,
 * as an operator says, as long as nothing was restored or restoring it fails. Again by a record that is only created.
 */
function planAgain(world: Observation, record: RecoveryRecord): Plan {
  const { choice } = world.pass;
  if (choice !== null && choice.nonce !== record.nonce) {
    const chosen = sourceChosen(world, choice);
    if (!chosen.ok) return wait({ kind: 'choiceRefused', because: chosen.reason });
    const { nonce, forced } = choice;
    return again(world, record, { source: chosen.source, by: `operator ${choice.by}`, nonce, forced });
  }
  const { source } = record;
  const isLost = source.how === 'from-survivor' && isOver(world, source.instanceId);
  if (!isLost || world.records.recovery.captured !== null || record.by !== 'policy') return nothing;
  const decision = decideByPolicy(world, judgeLoss(world));
  return decision.kind === 'recover' ? again(world, record, { source: decision.source }) : nothing;
}

const again = (world: Observation, record: RecoveryRecord, change: Partial<RecoveryRecord>): Plan =>
  act({
    kind: 'startRecovery',
    record: {
      ...record,
      ...change,
      attempt: record.attempt + 1,
      at: new Date(world.takenAtMs).toISOString(),
    },
  });

function planFounding(world: Observation, record: RecoveryRecord, restored: Restored): Plan {
  const fencing = planFencing(world, record);
  if (fencing !== null) return merge(fencing.plan, tell(world, record, ...fencing.told));
  const claims = claimsOf(world.records, record.number);
  const last = claims.at(-1) ?? null;
  const founders = claims.flatMap(({ members }) => Object.keys(members));
  const strangers = [...world.etcd.statuses.keys()].filter((id) => !founders.includes(id));
  if (strangers.length > 0) return tell(world, record, 'blocked', strangers.sort());
  if (last === null) return planClaim(world, record, restored, record.number);
  if (!hasFailed(world, last, restored)) return planStanding(world, record, last);
  const left = Object.keys(last.members).filter((id) => !isOver(world, id));
  if (left.length === 0) return planNextClaim(world, record, restored, last.number + 1);
  return merge(
    ...left.map((id) => planFence(world, record.number, id)),
    tell(world, record, 'fencing', left),
  );
}

/** Its one founder is lost by evidence, or it restores what is not to be restored any more. */
function hasFailed(world: Observation, claim: Claim, { key, sha256 }: Restored): boolean {
  const [founderId = ''] = Object.keys(claim.members);
  const founder = world.instances.find(({ id }) => id === founderId);
  const isLeaving = founder !== undefined && mustLeave(founder.stage);
  const place = placeOfRestore(claim.restore?.uri ?? '');
  return isLeaving || isOver(world, founderId) || place?.key !== key || claim.restore?.sha256 !== sha256;
}

/** Whoever is in service was let go by us, or by a person: then the cluster of the last claim may have lived. */
function planNextClaim(world: Observation, record: RecoveryRecord, restored: Restored, number: number): Plan {
  const served = world.instances.filter(
    ({ id, stage }) => stage === 'inService' && !record.fenced.includes(id),
  );
  return served.length > 0
    ? tell(
        world,
        record,
        'blocked',
        served.map(({ id }) => id),
      )
    : planClaim(world, record, restored, number);
}

function planClaim(world: Observation, record: RecoveryRecord, restore: Restored, number: number): Plan {
  const [founder] = candidatesIn(world, record);
  if (founder === undefined) return tell(world, record, 'founder', []);
  const { id: instanceId } = founder;
  const peerUrl = peerUrlOf(world.config, founder);
  const claim = {
    kind: 'claimRecovered',
    number,
    recovery: record.number,
    instanceId,
    peerUrl,
    restore,
    bump: bumpFor(world.records, record.number),
  } as const;
  return merge(act(claim), tell(world, record, 'founder', [instanceId]));
}

/** Tag, claim, ticket, in this order: nobody may start before both say which cluster this group has (rule R1). */
function planStanding(world: Observation, record: RecoveryRecord, claim: Claim): Plan {
  const { bootstrapped, name: groupName } = world.group;
  const { number } = claim;
  // A later claim has the tag: this is an old reading, and must not put an older cluster in its place.
  if (bootstrapped !== null && bootstrapped > number)
    return wait({ kind: 'formerCluster', found: [`group tag ${bootstrapped}`] });
  const founderIds = Object.keys(claim.members);
  const told = tell(world, record, ...stepOf(world, founderIds));
  if (bootstrapped !== number) return merge(act({ kind: 'tagGroup', groupName, number }), told);
  if (world.records.claim?.number !== number)
    return merge(act({ kind: 'writeClaim', claim, because: 'recovered' }), told);
  const founder = world.instances.find(({ id }) => founderIds.includes(id));
  const tickets = founder === undefined ? [] : foundingTicket(world, claim, founder);
  return merge(act(...tickets.map((ticket) => ({ kind: 'writeTicket', ticket }) as const)), told);
}

function stepOf(
  { records }: Observation,
  founderIds: readonly InstanceId[],
): readonly [RecoveryStep, readonly InstanceId[], string?] {
  const report = records.reports.find(
    ({ instanceId, kind }) => kind === 'restore-failed' && founderIds.includes(instanceId),
  );
  return report === undefined
    ? ['restoring', founderIds]
    : ['restoreFailing', founderIds, report.reason ?? 'it gives no reason'];
}

/** In the status, too: whoever has no way to etcd sees how far it is. */
function tell(
  world: Observation,
  { number }: RecoveryRecord,
  step: RecoveryStep,
  instanceIds: readonly InstanceId[],
  because = '',
): Plan {
  const told: RecoveryWait = { kind: 'recovering', number, step, instanceIds, because };
  return planStatusOnly(world, told);
}
