import type { AlarmedView } from '../core/alarmed.ts';
import { sightKey } from '../core/backup/keys.ts';
import { decodeChecks } from '../core/checks/memory.ts';
import { decodeSight, type Sight } from '../core/checks/sight.ts';
import { type DatabaseSight, NO_DATABASES } from '../core/databases.ts';
import { OperationError } from '../core/errors.ts';
import type { MemberId } from '../core/identity.ts';
import type { KvHash } from '../core/maintenance-port.ts';
import { PARAMETER } from '../core/names.ts';
import { type Member, type Observation, votersOf } from '../core/observation.ts';
import { QUOTA_NEAR } from '../core/plan/maintenance.ts';
import type { Door } from './door.ts';
import type { Ports } from './ports.ts';
import type { Session } from './session.ts';

type Seen = Omit<Observation, 'databases' | 'saved'>;

/** Hashes read whole databases: in one pass they are taken at most so often. */
const HASHINGS_MAX = 2;

/** What a decision about databases needs beside their sizes, asked only where there is such a decision. */
export async function observeDatabases(
  ports: Ports,
  door: Door,
  session: Session,
  texts: ReadonlyMap<string, string>,
  seen: Seen,
  alarmed: AlarmedView | null,
): Promise<DatabaseSight> {
  const isCorrupt = alarmed?.alarms.some(({ alarm }) => alarm === 'CORRUPT') ?? false;
  const isSuspect = seen.etcd.view !== null && isFoundDifferent(texts.get(PARAMETER.checks));
  const hashes = isCorrupt || isSuspect ? await compare(door, session, seen, alarmed) : NO_DATABASES.hashes;
  const isFull = alarmed?.alarms.some(({ alarm }) => alarm === 'NOSPACE') ?? isNearlyFull(seen);
  return { alarmed, hashes, past: isFull ? await readPast(ports, session, seen) : null };
}

/** Checks compared the databases, and found them to differ: reason to compare them anew. */
function isFoundDifferent(text: string | undefined): boolean {
  if (text === undefined || !text.includes('hashesDiffer')) return false;
  const decoded = decodeChecks(text);
  return decoded.kind === 'memory' && decoded.memory.findings.some(({ code }) => code === 'hashesDiffer');
}

/** Every voter that proves a majority is asked for its hash at the last revision that all of them have. */
async function compare(
  door: Door,
  session: Session,
  seen: Seen,
  alarmed: AlarmedView | null,
): Promise<ReadonlyMap<MemberId, KvHash>> {
  const voters = provenVoters(seen, alarmed);
  const isKnown = voters.every(({ id }) => session.hashes.has(id));
  if (isKnown || session.hashingCount >= HASHINGS_MAX) return session.hashes;
  session.hashingCount += 1;
  const revision = voters
    .map((voter) => voter.revision)
    .reduce((a, b) => (BigInt(a) < BigInt(b) ? a : b), NEVER);
  const hashes = await Promise.all(
    voters.map(({ endpoint }) => door.etcd.hashKv(endpoint, revision).catch(asUntold)),
  );
  session.hashes = new Map(
    voters.flatMap(({ id }, index) => {
      const hash = hashes[index] ?? null;
      return hash === null ? [] : [[id, hash] as const];
    }),
  );
  return session.hashes;
}

/** Larger than any revision. */
const NEVER = '9223372036854775807';

interface Proven {
  readonly id: MemberId;
  readonly endpoint: string;
  readonly revision: string;
}

function provenVoters({ etcd }: Seen, alarmed: AlarmedView | null): readonly Proven[] {
  const isProven = ({ id, answers }: Member): boolean => answers || alarmed?.proven.has(id) === true;
  return votersOf(etcd.view?.members ?? alarmed?.members ?? []).flatMap((voter) => {
    const status = voter.instanceId === null ? undefined : etcd.statuses.get(voter.instanceId);
    if (!isProven(voter) || status === undefined || voter.clientUrl === null) return [];
    return [{ id: voter.id, endpoint: voter.clientUrl, revision: status.revision }];
  });
}

function isNearlyFull({ config, etcd }: Seen): boolean {
  if (!config.maintenance.defragment || etcd.view === null) return false;
  const limit = config.maintenance.quotaBytes * QUOTA_NEAR;
  return [...etcd.statuses.values()].some(({ dbSizeInUseBytes }) => (dbSizeInUseBytes ?? 0) > limit);
}

/** Once in a pass. What cannot be read is not known: less of the past can be kept then, and nothing else waits for it. */
async function readPast(ports: Ports, session: Session, { config, cluster }: Seen): Promise<Sight | null> {
  if (session.past !== undefined) return session.past;
  const { bucket, prefix } = config.backup;
  const text = await ports.objectsIn(bucket).readText(sightKey(prefix, cluster)).catch(asUntold);
  session.past = decodeSight(text);
  return session.past;
}

function asUntold(error: unknown): null {
  if (error instanceof OperationError) return null;
  throw error;
}
