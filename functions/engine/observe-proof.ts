import { verifiedKey } from '../core/backup/keys.ts';
import { decodeBackup } from '../core/backup/parameter.ts';
import { decodeVerified } from '../core/backup/verified.ts';
import { OperationError } from '../core/errors.ts';
import type { Observation } from '../core/observation.ts';
import { awaitingProof } from '../core/recovery/proof.ts';
import type { ProofSight } from '../core/recovery/sources.ts';
import type { Ports } from './ports.ts';

/** What verification wrote beside a survivor's captured database, one reading; `null`: no recovery waits for it. */
export async function observeProof(
  ports: Pick<Ports, 'objectsIn'>,
  { records, config, etcd }: Pick<Observation, 'records' | 'config' | 'etcd'>,
  backupText: string | undefined,
): Promise<ProofSight | null> {
  const key = awaitingProof(records);
  if (key === null || etcd.view !== null) return null;
  try {
    const text = await ports.objectsIn(config.backup.bucket).readText(verifiedKey(key));
    const verified = decodeVerified(text ?? '');
    const { unverifiable } = decodeBackup(backupText ?? '') ?? { unverifiable: false };
    return { known: true, verified: verified?.key === key ? verified : null, unverifiable };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { known: false, because: `${error.code}: ${error.message}` };
  }
}
