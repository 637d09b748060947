import type { MemberId } from './identity.ts';
import type { KvHash } from './maintenance-port.ts';
import { quorumOf } from './quorum.ts';

/** What the hashes of the voters say about who is right. */
export type HashVerdict =
  /** All that were compared hold the same, and they are a quorum. */
  | { readonly kind: 'same' }
  /** A quorum holds the same, and this one something else. */
  | { readonly kind: 'differs'; readonly memberId: MemberId }
  | { readonly kind: 'unclear'; readonly because: HashDoubt };

/** `tooFew`: no quorum could be compared. `noMajority`: no quorum agrees. `several`: more than one differ from it. */
export type HashDoubt = 'tooFew' | 'noMajority' | 'several';

/**
 * Judges hashes that were taken at one revision. Two say something about each other only where both members have
 * forgotten the same past; whoever was compacted differently counts as not compared. Silence is not health.
 */
export function judgeHashes(
  voters: readonly { readonly id: MemberId }[],
  hashes: ReadonlyMap<MemberId, KvHash>,
): HashVerdict {
  const compared = comparable(
    voters.flatMap(({ id }) => {
      const hash = hashes.get(id);
      return hash === undefined ? [] : [{ id, hash }];
    }),
  );
  const quorum = quorumOf(voters.length);
  if (compared.length < quorum) return unclear('tooFew');
  const groups = Map.groupBy(compared, ({ hash }) => hash.hash);
  const agreed = [...groups.values()].find((group) => group.length >= quorum);
  if (agreed === undefined) return unclear('noMajority');
  const [other, ...more] = compared.filter((one) => !agreed.includes(one));
  if (other === undefined) return { kind: 'same' };
  return more.length > 0 ? unclear('several') : { kind: 'differs', memberId: other.id };
}

interface Hashed {
  readonly id: MemberId;
  readonly hash: KvHash;
}

/** The largest set that was compacted alike. */
function comparable(all: readonly Hashed[]): readonly Hashed[] {
  const groups = Map.groupBy(all, ({ hash }) => `${hash.revision} ${hash.compactRevision}`);
  return [...groups.values()].reduce<readonly Hashed[]>(
    (most, group) => (group.length > most.length ? group : most),
    [],
  );
}

const unclear = (because: HashDoubt): HashVerdict => ({ kind: 'unclear', because });
