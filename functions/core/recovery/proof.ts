import type { Observation } from '../observation.ts';
import type { RecoveryRecord } from './record.ts';
import { claimsOf, openRecovery } from './records.ts';

/** `unproved`: nobody will tell in time, or ever. `pending`: it is waited for. */
export type Proof =
  | { readonly kind: 'proved' }
  | { readonly kind: 'unproved' | 'pending' | 'bad'; readonly because: string };

type ProofWorld = Pick<Observation, 'takenAtMs' | 'records' | 'proof'>;

/** From the capture on; a survivor without a majority serves nobody, so this is an outage. */
const PATIENCE_MS = 600_000;

/**
 * Whether the copy of a survivor may take the place of its disk, which is the only original (rule R12). A snapshot was
 * chosen for what is known of it, and what a founder restores already is judged where it is restored.
 */
export function judgeProof(world: ProofWorld, record: RecoveryRecord): Proof {
  const { captured } = world.records.recovery;
  if (record.source.how === 'from-snapshot' || claimsOf(world.records, record.number).length > 0)
    return { kind: 'proved' };
  const { proof } = world;
  if (captured === null || proof === null) return { kind: 'pending', because: '' };
  if (!proof.known) return { kind: 'pending', because: `what was found cannot be read: ${proof.because}` };
  const { verified, unverifiable } = proof;
  if (verified !== null)
    return verified.restorable
      ? { kind: 'proved' }
      : { kind: 'bad', because: verified.reason ?? 'no reason is given' };
  if (unverifiable) return unproved('verification has no etcd tools');
  return world.takenAtMs - Date.parse(captured.takenAt) < PATIENCE_MS
    ? { kind: 'pending', because: '' }
    : unproved('verification found nothing within ten minutes');
}

const unproved = (why: string): Proof => ({
  kind: 'unproved',
  because: `the copy was not proved to be restorable: ${why}`,
});

/** The object that must be proved before any survivor is ended; `null`: none. */
export function awaitingProof(records: Observation['records']): string | null {
  const open = openRecovery(records);
  if (open === null || open.source.how === 'from-snapshot') return null;
  return claimsOf(records, open.number).length > 0 ? null : (records.recovery.captured?.key ?? null);
}
