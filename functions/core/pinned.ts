import { expectedClusterId } from './claim.ts';
import type { ClusterId } from './identity.ts';
import type { Records } from './observation.ts';

/** The id that this cluster must have: pinned, else what the claim gives, else what its other records remember. */
export function pinnedClusterId({ claim, status, tickets }: Records): ClusterId | null {
  if (claim !== null && claim.clusterId !== null) return claim.clusterId;
  if (claim !== null && claim.token !== '') return expectedClusterId(claim);
  const known = [...tickets.values()].map((ticket) => ticket.clusterId);
  return [status?.clusterId ?? null, ...known].find((id) => id !== null) ?? null;
}

/** The ids whose snapshots are this cluster's: its own, and those of what it was before it was recovered. */
export const ownClusterIds = (records: Records): readonly ClusterId[] => [
  ...[pinnedClusterId(records)].filter((id) => id !== null),
  ...records.recovery.formerClusterIds,
];
