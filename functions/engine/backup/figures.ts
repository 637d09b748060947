import type { Source } from '../../core/backup/choose.ts';
import { OperationError } from '../../core/errors.ts';
import type { BackupEtcd } from './ports.ts';
import type { Figures } from './take.ts';

export const NO_FIGURES: Figures = { hash: null, compactRevision: null, keyCount: null };

/**
 * What a restored copy must have in common with the member, by its own word, right before its database is sent. A
 * member that does not tell in time has a snapshot all the same: it is only compared with less then.
 */
export async function figuresOf(etcd: BackupEtcd, { endpoint, status }: Source): Promise<Figures> {
  try {
    const { hash, compactRevision } = await etcd.hashKv(endpoint, status.revision);
    return { hash, compactRevision, keyCount: await etcd.countKeys(endpoint, status.revision) };
  } catch (error) {
    if (error instanceof OperationError) return NO_FIGURES;
    throw error;
  }
}
