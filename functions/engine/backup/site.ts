import { snapshotsPath } from '../../core/backup/keys.ts';
import type { ObjectPort } from '../../core/backup/object-port.ts';
import { type BackupRecord, decodeBackup, encodeBackup } from '../../core/backup/parameter.ts';
import { type ClusterConfig, parseConfig } from '../../core/config.ts';
import { OperationError } from '../../core/errors.ts';
import { clusterPath, PARAMETER } from '../../core/names.ts';
import type { Records } from '../../core/observation.ts';
import { readRecords } from '../../core/records.ts';
import type { BackupPorts } from './ports.ts';

/** A cluster as its parameters tell it, and where its snapshots are. */
export interface BackupSite {
  readonly cluster: string;
  readonly config: ClusterConfig;
  readonly records: Records;
  /** `null`: none stands, or it cannot be read; then the bucket tells. */
  readonly record: BackupRecord | null;
  readonly recordText: string | null;
  readonly objects: ObjectPort;
  readonly bucket: string;
  readonly path: string;
}

/** Why nothing is done for a cluster, which is nobody's failure. */
export interface NothingToDo {
  readonly kind: 'skipped';
  /** `notAsked`: no recovery that is under way asks for this capture. */
  readonly because: 'deleting' | 'frozen' | 'notFounded' | 'notAsked';
}

/** @throws {OperationError} the parameters could not be read, or the settings are wrong. */
export async function readSite(ports: BackupPorts, cluster: string): Promise<BackupSite | NothingToDo> {
  const texts = await ports.parameters.readAll(clusterPath(cluster));
  if (texts.has(PARAMETER.teardown)) return skipped('deleting');
  const configText = texts.get(PARAMETER.config);
  if (configText === undefined) return skipped('notFounded');
  const parsed = parseConfig(configText);
  if (!parsed.ok)
    throw new OperationError(
      'CONFIG_INVALID',
      'never',
      `the settings are wrong: ${parsed.problems.join('; ')}`,
    );
  const { config } = parsed;
  const bucket = config.backup.bucket ?? ports.ownBucket;
  const recordText = texts.get(PARAMETER.backup) ?? null;
  return {
    cluster,
    config,
    records: readRecords(texts),
    record: recordText === null ? null : decodeBackup(recordText),
    recordText,
    objects: ports.openBucket(bucket),
    bucket,
    path: snapshotsPath(config.backup.prefix, cluster),
  };
}

export const skipped = (because: NothingToDo['because']): NothingToDo => ({ kind: 'skipped', because });

export const isSkipped = (one: BackupSite | NothingToDo): one is NothingToDo => 'kind' in one;

/** Writes the parameter where it says something else; the site with the record as it stands now. */
export async function writeRecord(
  ports: BackupPorts,
  site: BackupSite,
  record: BackupRecord,
): Promise<BackupSite> {
  const text = encodeBackup(record);
  const name = clusterPath(site.cluster) + PARAMETER.backup;
  if (text !== site.recordText) await ports.parameters.write(name, text);
  return { ...site, record, recordText: text };
}
