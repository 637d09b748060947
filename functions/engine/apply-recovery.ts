import { captureBody } from '../core/backup/messages.ts';
import { encodeClaim } from '../core/claim.ts';
import { invariant, unreachable } from '../core/errors.ts';
import { clusterPath, PARAMETER } from '../core/names.ts';
import type { RecoveryAction } from '../core/plan/recovery-step.ts';
import { encodeDone } from '../core/recovery/done.ts';
import { encodeNotes } from '../core/recovery/notes.ts';
import { encodeRecovery } from '../core/recovery/record.ts';
import { doneName, recordName } from '../core/recovery/records.ts';
import type { Site } from './site.ts';

/**
 * What is decided is created and never written over: of two who decide, the first is right, and a look that was too
 * old to see it changes nothing. The next look reads what stands.
 */
export async function applyRecovery(site: Site, action: RecoveryAction): Promise<void> {
  const path = clusterPath(site.cluster);
  const { parameters, scaling } = site.ports;
  switch (action.kind) {
    case 'noteQuorum':
      return parameters.write(path + PARAMETER.quorum, encodeNotes(action.notes));
    case 'startRecovery': {
      const { number, attempt } = action.record;
      await parameters.create(path + recordName(number, attempt), encodeRecovery(action.record));
      return;
    }
    case 'askCapture':
      return askCapture(site, action);
    case 'fenceInstance':
      return scaling.endInstance(action.instanceId);
    case 'claimRecovered':
      return claimRecovered(site, action);
    case 'finishRecovery':
      await parameters.create(path + doneName(action.number), encodeDone(action.done));
      return;
    default:
      return unreachable(action);
  }
}

/** Once in a pass: backup answers by asking for a look, and the schedule asks again. */
async function askCapture(
  site: Site,
  { recovery, instanceId }: Extract<RecoveryAction, { readonly kind: 'askCapture' }>,
): Promise<void> {
  const { ports, session, cluster } = site;
  invariant(ports.recovery !== undefined, 'a function that only looks does not recover');
  const body = captureBody(cluster, { recovery, instanceId }, ports.uniqueToken());
  await ports.recovery.askForCapture(cluster, body);
  session.captureAsked = true;
}

/** The bucket is named here, for only here it is known: a claim names the object wholly. */
async function claimRecovered(
  { ports, cluster }: Site,
  action: Extract<RecoveryAction, { readonly kind: 'claimRecovered' }>,
): Promise<void> {
  invariant(ports.recovery !== undefined, 'a function that only looks does not recover');
  const { number, recovery, instanceId, peerUrl, restore, bump } = action;
  const { bucket, key, sha256, sizeBytes } = restore;
  const uri = `s3://${ports.recovery.bucketName(bucket)}/${key}`;
  const text = encodeClaim({
    number,
    token: `${cluster}-${number}-${ports.uniqueToken()}`,
    members: { [instanceId]: peerUrl },
    claimedAt: new Date(ports.clock.nowMs()).toISOString(),
    clusterId: null,
    restore: { uri, sha256, sizeBytes, bump },
    recovery,
  });
  await ports.parameters.create(`${clusterPath(cluster)}${PARAMETER.claims}${number}`, text);
}
