import { invariant } from '../errors.ts';
import { ADVICE, type FindingCode } from '../finding.ts';
import { WAIT_CHECKS, type WaitCode } from './catalog-waits.ts';
import type { CheckEntry } from './entry.ts';
import type { Severity } from './finding.ts';

/** What checks find beside the waits of the plan and what DNS and registry tell. docs/runbook.md has a section for each. */
export const OWN_CHECKS = {
  tooFewVoters: {
    severity: 'warning',
    remedy: 'look why the group does not launch instances, or why they do not join',
  },
  leaderChanging: {
    severity: 'warning',
    remedy: 'look at the network between the members and at their disks: elections cost writes',
  },
  memberSlow: {
    severity: 'warning',
    remedy: 'give that member a faster disk, or look who else uses it',
  },
  hashesDiffer: {
    severity: 'critical',
    remedy: 'take a snapshot of each member, write nothing by hand; a single bad member is replaced',
  },
  quotaNear: {
    severity: 'warning',
    remedy: 'delete keys that nobody needs, or raise maintenance.quotaBytes: above it etcd takes no writes',
  },
  spaceMade: {
    severity: 'warning',
    remedy:
      'look who writes so much, or raise maintenance.quotaBytes: room is made three times a day at most',
  },
  fragmented: {
    severity: 'notice',
    remedy:
      'nothing where maintenance.defragment is true; else run etcdctl defrag on it while all others answer',
  },
  versionsDiffer: {
    severity: 'notice',
    remedy: 'finish the update: all voters should run one version',
  },
  versionBad: {
    severity: 'warning',
    remedy: 'update etcd: its section of the runbook tells to which version',
  },
  versionEnded: {
    severity: 'notice',
    remedy: 'plan an update: this minor gets no corrections any more',
  },
  certificateEnding: {
    severity: 'warning',
    remedy: 'renew that certificate; docs/tls.md tells how without an outage',
  },
  certificateRefused: {
    severity: 'critical',
    remedy: 'give that member a certificate of the configured authority, for <instance-id>.<domain>',
  },
  zonesUnbalanced: {
    severity: 'warning',
    remedy: 'end one instance in the named zone through its group, when another zone can launch',
  },
  recordEdited: {
    severity: 'warning',
    remedy: 'nothing, it is written again; find out who changed it, and change the configuration instead',
  },
  recordStale: {
    severity: 'notice',
    remedy: 'nothing, it is deleted when EC2 says that its instance is gone',
  },
  changesUndone: {
    severity: 'warning',
    remedy: 'look whether the function membership runs, and at its log',
    afterSeconds: 180,
  },
  hookMissing: {
    severity: 'warning',
    remedy: 'nothing, it was put back; correct the template or the script that deleted it',
  },
  hookEdited: {
    severity: 'warning',
    remedy: 'put the hook back as the template has it: 1,800 seconds and ABANDON',
  },
  processSuspended: {
    severity: 'warning',
    remedy: 'resume that process of the group: without it members are not launched, ended or replaced',
  },
  terminationPolicyMissing: {
    severity: 'warning',
    remedy: 'make the autopilot’s function the first termination policy of the group again',
  },
  scheduleStopped: {
    severity: 'critical',
    remedy:
      'enable the schedule of the cluster, or update its stack: without it missed events are never made good',
  },
  eventsUnheard: {
    severity: 'warning',
    remedy: 'enable that rule with its targets, or update the stack of the cluster',
  },
  backupMissing: {
    severity: 'warning',
    remedy: 'look at the log of the function backup, or run etcd-autopilot backup now',
  },
  backupFailed: {
    severity: 'warning',
    remedy: 'mend what the failure names; it is tried again within minutes',
  },
  backupOld: {
    severity: 'warning',
    remedy: 'look at the log of the function backup: no snapshot was taken for twice its interval',
  },
  backupUnverified: {
    severity: 'notice',
    remedy: 'deploy with EtcdToolsLayerArn, so that snapshots are restored and compared',
  },
  backupUnrestorable: {
    severity: 'warning',
    remedy: 'look at etcd-autopilot backup list and at the log of the function verification',
  },
  snapshotGone: {
    severity: 'warning',
    remedy: 'find out who deleted it; run etcd-autopilot backup now',
  },
  sightUnwritten: {
    severity: 'warning',
    remedy: 'let the function checks write to the bucket: without it the loss of a recovery cannot be stated',
  },
} as const satisfies Readonly<Record<string, CheckEntry>>;

type OwnCode = keyof typeof OWN_CHECKS;

/** How much each finding of DNS and registry matters; what to do stands in `ADVICE`. */
const TOLD_SEVERITY = {
  unknownCluster: 'warning',
  unknownZone: 'warning',
  roleInvalid: 'warning',
  nameOutsideZone: 'warning',
  nameForeign: 'warning',
  recordForeign: 'warning',
  recordProtected: 'warning',
  tooManyInstances: 'notice',
  instanceUnlisted: 'warning',
  addressMissing: 'warning',
  metadataInvalid: 'warning',
  serviceInvalid: 'warning',
  dnsTagsInvalid: 'warning',
  rebootTagInvalid: 'warning',
  ttlDiffers: 'notice',
  nothingToPublish: 'warning',
  hookPastHalf: 'warning',
  heldTooLong: 'warning',
  keysForeign: 'warning',
  edited: 'warning',
  zoneBusy: 'notice',
  notReadable: 'warning',
  stateNewer: 'warning',
  frozen: 'notice',
} as const satisfies Readonly<Record<FindingCode, Severity>>;

/** The closed list of what checks find. */
export type CheckCode = OwnCode | WaitCode | FindingCode;

const entries = new Map<string, CheckEntry>([
  ...Object.entries(ADVICE).map(([code, remedy]) => [code, { severity: severityOf(code), remedy }] as const),
  // A name that waits and told findings share has the section of the wait.
  ...Object.entries(WAIT_CHECKS).flatMap(([kind, entry]) => (entry === null ? [] : [[kind, entry] as const])),
  ...Object.entries(OWN_CHECKS),
]);

function severityOf(code: string): Severity {
  const known: Readonly<Record<string, Severity>> = TOLD_SEVERITY;
  return known[code] ?? 'warning';
}

/** Every code, in the order of the alphabet. */
export const CHECK_CODES: readonly string[] = [...entries.keys()].sort();

export const isCheckCode = (text: unknown): text is CheckCode =>
  typeof text === 'string' && entries.has(text);

/** What stands of a code in the catalog. */
export function entryOf(code: CheckCode): CheckEntry {
  const entry = entries.get(code);
  invariant(entry !== undefined, `${code} is not in the catalog of checks`);
  return entry;
}
