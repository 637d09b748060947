import type { Records } from '../core/observation.ts';
import type { ScalingGroup } from '../core/ports.ts';
import { idsOfRecovery } from '../core/recovery/records.ts';
import { rememberedLast } from '../core/remembered.ts';

/** Instances in the group, and those outside it that still have a record: tickets, reports, a claim not yet alive. */
export const idsThatMatter = (group: ScalingGroup, records: Records): readonly string[] => [
  ...new Set([...group.instances.map(({ id }) => id), ...idsInRecords(records)]),
];

/** Records stand unchanged from look to look. */
const idsInRecords = rememberedLast((records: Records): readonly string[] => {
  const { claim, ticketNames, reportNames, status } = records;
  const recorded = [...ticketNames, ...reportNames].map((name) => name.slice(name.indexOf('/') + 1));
  const founders = claim !== null && claim.clusterId === null ? Object.keys(claim.members) : [];
  const voters = status?.voters.map(({ name }) => name) ?? [];
  return [...new Set([...recorded, ...founders, ...voters, ...idsOfRecovery(records)])];
});
