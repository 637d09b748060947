import type { EtcdAccess } from '../../core/access.ts';
import { manifestKey, sightKey } from '../../core/backup/keys.ts';
import { type BackupRecord, decodeBackup } from '../../core/backup/parameter.ts';
import { certificateIn } from '../../core/checks/judge-certificates.ts';
import { decodeChecks, NO_CHECKS } from '../../core/checks/memory.ts';
import { decodeSight } from '../../core/checks/sight.ts';
import type { ChecksWorld, OwnCertificate } from '../../core/checks/world.ts';
import type { ClusterConfig } from '../../core/config.ts';
import { PARAMETER } from '../../core/names.ts';
import type { Observation } from '../../core/observation.ts';
import type { Looked } from './look.ts';
import { observeMembers } from './observe-members.ts';
import type { ChecksPorts } from './ports.ts';
import { Readings } from './readings.ts';

/** Everything that a round judges, read side by side. What fails is named, and hides nothing else. */
export async function observeChecks(
  ports: ChecksPorts,
  cluster: string,
  looked: Looked,
): Promise<ChecksWorld> {
  const { report, access } = looked;
  const { world } = report;
  const texts = looked.texts ?? new Map<string, string>();
  const decoded = decodeChecks(texts.get(PARAMETER.checks));
  const memory = decoded.kind === 'memory' ? decoded.memory : NO_CHECKS;
  const readings = new Readings();
  const [settings, rules, stored, members] = await Promise.all([
    world === null
      ? null
      : readings.of(`the settings of group ${world.group.name}`, ports.settings.read(world.group.name)),
    readings.of('the rules of EventBridge', ports.rules.listRules(cluster)),
    world === null ? NOTHING_STORED : observeStored(ports, world, backupIn(texts), readings),
    observeMembers(ports, looked, memory),
  ]);
  return {
    cluster,
    nowMs: world?.takenAtMs ?? ports.clock.nowMs(),
    world,
    waits: report.waits,
    pending: report.pending,
    texts,
    settings,
    rules,
    ...members,
    ownCertificates: world === null || access === null ? [] : ownCertificates(world.config, access),
    ...stored,
    backup: backupIn(texts),
    memory,
    unread: readings.failed,
  };
}

const backupIn = (texts: ReadonlyMap<string, string>): BackupRecord | null =>
  decodeBackup(texts.get(PARAMETER.backup) ?? '');

const NOTHING_STORED = { before: null, isSnapshotThere: null } as const;

/** What the last round wrote, and whether the snapshot that everybody counts on is still there. */
async function observeStored(
  ports: ChecksPorts,
  { cluster, config }: Observation,
  backup: BackupRecord | null,
  readings: Readings,
): Promise<Pick<ChecksWorld, 'before' | 'isSnapshotThere'>> {
  const { bucket, prefix } = config.backup;
  const objects = ports.objectsIn(bucket);
  const key = backup?.last?.key ?? null;
  const read = (name: string): Promise<string | null | undefined> =>
    readings.maybe(`the object ${name}`, objects.readText(name));
  const [sight, manifest] = await Promise.all([
    read(sightKey(prefix, cluster)),
    key === null ? undefined : read(manifestKey(key)),
  ]);
  return {
    before: decodeSight(sight ?? null),
    isSnapshotThere: manifest === undefined ? null : manifest !== null,
  };
}

/** Of the authority, and of the functions themselves. */
const ownCertificates = ({ tls: names }: ClusterConfig, { tls }: EtcdAccess): readonly OwnCertificate[] =>
  names === null || tls === null
    ? []
    : [...certificateIn(names.ca, tls.ca), ...certificateIn(names.cert, tls.cert)];
