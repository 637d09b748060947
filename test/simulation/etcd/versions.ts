import { isAtLeast } from '../../../infra/etcd/version.ts';

/** In what the supported releases of etcd differ, as far as a controller of membership notices. */
export interface Family {
  /** Whom the local member must have been connected to, before anybody is added. */
  readonly addNeeds: 'everyVoter' | 'nextQuorum';
  /** The member list is confirmed by a majority; before, a cut-off member tells its own copy. */
  readonly confirmsList: boolean;
  /** A process that is stopped, with its connections open, counts as connected for so long. */
  readonly frozenSeemsConnectedMs: number;
  /** A learner that an operator updates stays one in the member list. */
  readonly keepsLearnerFlag: boolean;
}

const known = new Map<string, Family>();

export function familyOf(version: string): Family {
  const family = known.get(version) ?? {
    addNeeds: isSince(version, '3.5.30', '3.6.11') ? 'nextQuorum' : 'everyVoter',
    confirmsList: isAtLeast(version, '3.5.0'),
    frozenSeemsConnectedMs: isAtLeast(version, '3.5.0') ? Number.POSITIVE_INFINITY : 5_000,
    keepsLearnerFlag: isSince(version, '3.5.31', '3.6.12'),
  };
  known.set(version, family);
  return family;
}

/** Its tools shift revisions when they restore a snapshot, without which none is restored after a loss. */
export const canRestore = (version: string): boolean => isSince(version, '3.4.27', '3.5.10');

/** Corrected in these releases, one for each minor that still got it, and in every later minor. */
export function isSince(version: string, ...corrected: readonly string[]): boolean {
  const minorOf = (text: string): string => text.split('.').slice(0, 2).join('.');
  const own = corrected.find((release) => minorOf(release) === minorOf(version));
  return isAtLeast(version, own ?? corrected.at(-1) ?? '');
}
