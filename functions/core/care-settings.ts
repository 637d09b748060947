import type { Fields, Problems } from './fields.ts';
import { placeOfRestore } from './restore.ts';

/** How a cluster is cared for beyond its membership: backups, the space of its databases, checks, recovery. */
export interface CareSettings {
  readonly backup: BackupSettings;
  readonly maintenance: MaintenanceSettings;
  readonly checks: CheckSettings;
  readonly recovery: RecoveryMode;
  /** The snapshot that a new cluster is founded from; read by the first claim and by no other. */
  readonly restoreFrom: RestoreSource | null;
}

export interface BackupSettings {
  /** `null`: the bucket of the autopilot's own stack. */
  readonly bucket: string | null;
  /** Of every key, before the cluster's name. Empty, or ends in a slash. */
  readonly prefix: string;
  /** Zero: no snapshot is taken by itself. */
  readonly intervalMinutes: number;
  /** How many snapshots stay: the newest of each of the last hours, days and weeks that have one. */
  readonly keepHourly: number;
  readonly keepDaily: number;
  readonly keepWeekly: number;
}

export interface MaintenanceSettings {
  /** Whether fragmented databases are defragmented by themselves. */
  readonly defragment: boolean;
  /** Size of a database above which etcd takes no writes; the boot script hands it to etcd. */
  readonly quotaBytes: number;
  /** A database is fragmented when at least this part of it is free, */
  readonly fragmentedPercent: number;
  /** and it is at least so large. */
  readonly fragmentedMinBytes: number;
}

export interface CheckSettings {
  /** How often the databases of the members are compared; zero: never. */
  readonly hashMinutes: number;
  /** A certificate that ends within so many days is a finding. */
  readonly certificateDays: number;
}

/** What happens when a quorum is lost for ever: a person decides, or one of two sources is taken. */
export const RECOVERY_MODES = ['manual', 'from-survivor', 'from-snapshot'] as const;
export type RecoveryMode = (typeof RECOVERY_MODES)[number];

/** A snapshot as somebody named it, with what proves that it is the one meant. */
export interface RestoreSource {
  /** `s3://<bucket>/<key>`. */
  readonly uri: string;
  /** Of the whole object, in hexadecimal. */
  readonly sha256: string;
  /** Of the whole object. */
  readonly sizeBytes: number;
}

export const DEFAULT_BACKUP: BackupSettings = {
  bucket: null,
  prefix: 'etcd-autopilot/',
  intervalMinutes: 60,
  keepHourly: 24,
  keepDaily: 7,
  keepWeekly: 4,
};

export const DEFAULT_MAINTENANCE: MaintenanceSettings = {
  defragment: true,
  // What etcd takes by itself when nobody says anything.
  quotaBytes: 2_147_483_648,
  fragmentedPercent: 50,
  fragmentedMinBytes: 104_857_600,
};

export const DEFAULT_CHECKS: CheckSettings = { hashMinutes: 60, certificateDays: 30 };

/** Often enough for anybody; a snapshot of a large database takes minutes. */
const INTERVAL_MINUTES_MIN = 5;
const DAY_MINUTES = 1_440;
const KEEP_MAX = 1_000;
/** An empty database of etcd has 20 KB and grows in steps of megabytes. */
export const QUOTA_BYTES_MIN = 8_388_608;
/** etcd advises against more than 8 GiB, and works with it. */
const QUOTA_BYTES_MAX = 107_374_182_400;
const CERTIFICATE_DAYS_MAX = 365;

/** How a cluster is cared for, read from its settings. All mistakes are noted in `problems`. */
export function readCare(fields: Fields, problems: Problems): CareSettings {
  const care: CareSettings = {
    backup: readBackup(fields.nested('backup'), problems),
    maintenance: readMaintenance(fields.nested('maintenance')),
    checks: readChecks(fields.nested('checks')),
    recovery: fields.oneOf('recovery', RECOVERY_MODES) ?? 'manual',
    restoreFrom: readRestore(fields.maybe('restoreFrom')),
  };
  if (care.recovery === 'from-snapshot' && care.backup.intervalMinutes === 0)
    problems.push('recovery "from-snapshot" needs snapshots: backup.intervalMinutes must not be 0');
  return care;
}

/** The same settings as JSON, with what is absent left out and the keys in one order. */
export const encodeCare = (care: CareSettings): Readonly<Record<string, unknown>> => {
  const { bucket, prefix, intervalMinutes, keepHourly, keepDaily, keepWeekly } = care.backup;
  const { defragment, quotaBytes, fragmentedPercent, fragmentedMinBytes } = care.maintenance;
  const { hashMinutes, certificateDays } = care.checks;
  return {
    backup: { bucket: bucket ?? undefined, prefix, intervalMinutes, keepHourly, keepDaily, keepWeekly },
    maintenance: { defragment, quotaBytes, fragmentedPercent, fragmentedMinBytes },
    checks: { hashMinutes, certificateDays },
    recovery: care.recovery,
    restoreFrom: care.restoreFrom ?? undefined,
  };
};

function readBackup(fields: Fields, problems: Problems): BackupSettings {
  const keep = (name: 'keepHourly' | 'keepDaily' | 'keepWeekly'): number =>
    fields.wholeNumber(name, DEFAULT_BACKUP[name], 0, KEEP_MAX);
  const backup = {
    bucket: fields.maybeText('bucket', judgeBucket),
    prefix: fields.maybeText('prefix', judgePrefix) ?? DEFAULT_BACKUP.prefix,
    intervalMinutes: fields.wholeNumber('intervalMinutes', DEFAULT_BACKUP.intervalMinutes, 0, DAY_MINUTES),
    keepHourly: keep('keepHourly'),
    keepDaily: keep('keepDaily'),
    keepWeekly: keep('keepWeekly'),
  };
  fields.refuseOthers();
  if (backup.intervalMinutes > 0 && backup.intervalMinutes < INTERVAL_MINUTES_MIN)
    problems.push(`backup.intervalMinutes must be 0 (off) or at least ${INTERVAL_MINUTES_MIN}`);
  if (backup.keepHourly + backup.keepDaily + backup.keepWeekly === 0)
    problems.push('backup must keep something: one of keepHourly, keepDaily and keepWeekly above 0');
  return backup;
}

function readMaintenance(fields: Fields): MaintenanceSettings {
  const { quotaBytes, fragmentedPercent, fragmentedMinBytes } = DEFAULT_MAINTENANCE;
  const maintenance = {
    defragment: fields.flag('defragment', DEFAULT_MAINTENANCE.defragment),
    quotaBytes: fields.wholeNumber('quotaBytes', quotaBytes, QUOTA_BYTES_MIN, QUOTA_BYTES_MAX),
    fragmentedPercent: fields.wholeNumber('fragmentedPercent', fragmentedPercent, 1, 99),
    fragmentedMinBytes: fields.wholeNumber('fragmentedMinBytes', fragmentedMinBytes, 0, QUOTA_BYTES_MAX),
  };
  fields.refuseOthers();
  return maintenance;
}

function readChecks(fields: Fields): CheckSettings {
  const checks = {
    hashMinutes: fields.wholeNumber('hashMinutes', DEFAULT_CHECKS.hashMinutes, 0, DAY_MINUTES),
    certificateDays: fields.wholeNumber(
      'certificateDays',
      DEFAULT_CHECKS.certificateDays,
      1,
      CERTIFICATE_DAYS_MAX,
    ),
  };
  fields.refuseOthers();
  return checks;
}

function readRestore(fields: Fields | null): RestoreSource | null {
  if (fields === null) return null;
  const source = {
    uri: fields.text('uri', (text) =>
      placeOfRestore(text) === null ? 'must be like s3://<bucket>/<key>' : null,
    ),
    sha256: fields.text('sha256', (text) => (SHA256.test(text) ? null : 'must be 64 hexadecimal digits')),
    sizeBytes: fields.neededNumber('sizeBytes', 1, QUOTA_BYTES_MAX),
  };
  fields.refuseOthers();
  return source;
}

const BUCKET_NAME = '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]';
const BUCKET = new RegExp(`^${BUCKET_NAME}$`);
/** Directory buckets want sessions, list in no order, and lie in one zone only. */
const DIRECTORY_BUCKET = /--x-s3$/;
const judgeBucket = (text: string): string | null =>
  BUCKET.test(text) && !DIRECTORY_BUCKET.test(text) ? null : 'must be the name of a general purpose bucket';

const SHA256 = /^[0-9a-f]{64}$/;
const PREFIX = /^(?:[A-Za-z0-9_.-]+\/)*$/;
/** Of the 1,024 characters of a key, so that cluster and file name find room behind it. */
const PREFIX_CHARS_MAX = 512;

const judgePrefix = (text: string): string | null =>
  PREFIX.test(text) && text.length <= PREFIX_CHARS_MAX
    ? null
    : 'must be empty, or names of letters, digits, dots, hyphens and underscores that each end in a slash';
