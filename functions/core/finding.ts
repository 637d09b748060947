/**
 * Something that is not as it was asked for, and what it is about: a tag that cannot be read, a
 * name of somebody else, a hook that is held. It stands in the log, in a metric and in a parameter;
 * whatever it is not about goes on.
 */
export interface Finding {
  readonly code: FindingCode;
  /** The group, instance, name or key. */
  readonly subject: string;
  /** One sentence for a person: what was found. What to do stands in {@link ADVICE}. */
  readonly detail: string;
}

export type FindingCode = keyof typeof ADVICE;

/** The closed list of findings, each with what to do. docs/runbook.md has a section for each (checked by a test). */
export const ADVICE = {
  unknownCluster: 'correct the tag etcd-autopilot:cluster, or create the cluster first',
  unknownZone: 'correct the tag etcd-autopilot:dns-zone: it is the id of a hosted zone of this account',
  roleInvalid: 'set the tag etcd-autopilot:role to "member" or "worker"',
  nameOutsideZone: 'correct etcd-autopilot:dns-name or dns-zone: the name must end in the name of the zone',
  nameForeign: 'choose another name, or delete the records that somebody else made there',
  recordForeign: 'delete that record, or give it another name: the autopilot leaves it alone',
  recordProtected: 'lift the protection of that record, or correct what Route 53 objects to',
  tooManyInstances: 'nothing, or spread the group over several names: Route 53 answers with at most 100',
  instanceUnlisted: 'attach the instance to its group again, correct the tags of its group, or terminate it',
  addressMissing: 'give the instances such an address (subnet, launch template), or ask for another kind',
  metadataInvalid: 'correct the tag etcd-autopilot:metadata: key=value,key=value',
  serviceInvalid: 'correct the tags etcd-autopilot:service (name:port,name:port) and drain-seconds',
  dnsTagsInvalid: 'correct the tags etcd-autopilot:dns-zone, dns-name, dns-address and dns-ttl',
  rebootTagInvalid: 'correct the tag etcd-autopilot:max-rebooting: a whole number from 1 to 100',
  ttlDiffers: 'give all groups of the name the same etcd-autopilot:dns-ttl: the lowest is used',
  nothingToPublish: 'look why no instance is in service: the last good value stays meanwhile',
  hookPastHalf: 'look at the other findings of the instance: Auto Scaling ends the wait by itself',
  heldTooLong: 'nothing for the instance, it was let go; look why nobody could take its place',
  keysForeign: 'delete those keys, or keep other tools out of /services/: the autopilot leaves them alone',
  edited: 'nothing, it was repaired; change the tags of the group instead of the records',
  zoneBusy: 'nothing: the change is tried again on the next look',
  notReadable: 'look at the error: what depends on that reading stays as it is until it succeeds',
  stateNewer: 'deploy the newest version again: an older one does not write over it',
  frozen: 'correct or thaw the configuration of the cluster: nothing is published meanwhile',
} as const satisfies Readonly<Record<string, string>>;

export const isFindingCode = (text: unknown): text is FindingCode =>
  typeof text === 'string' && Object.hasOwn(ADVICE, text);

export const finding = (code: FindingCode, subject: string, detail: string): Finding => ({
  code,
  subject,
  detail,
});

/** In a fixed order and without doubles, so that equal findings are equal text. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  const keyed = new Map(findings.map((one) => [`${one.code} ${one.subject} ${one.detail}`, one] as const));
  return [...keyed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
