import { invariant } from './errors.ts';
import { type Member, votersOf } from './observation.ts';
import { rememberedLast } from './remembered.ts';

/**
 * Text of `endpoints`: client URLs of the voters that answer, unique, sorted, comma-joined.
 *
 * @throws {InvariantError} no voter answers: an empty list would strand every machine that boots next (R6).
 */
export const encodeEndpoints = rememberedLast((members: readonly Member[]): string => {
  const urls = votersOf(members).flatMap((voter) =>
    voter.answers && voter.clientUrl !== null ? [voter.clientUrl] : [],
  );
  return encodeList(urls);
});

/**
 * Text of `peers`: etcd's initial-cluster form of the voters that have started.
 *
 * @throws {InvariantError} no voter has started, which a view of the members rules out.
 */
export const encodePeers = rememberedLast((members: readonly Member[]): string => {
  const started = votersOf(members).filter((voter) => voter.started);
  return encodeList(started.map((voter) => `${voter.name}=${voter.peerUrl}`));
});

/**
 * The initial cluster that a newcomer is started with: exactly the current members
 * and itself. An entry that has no name yet goes by the name of its instance.
 */
export function encodeInitialCluster(members: readonly Member[]): string {
  return encodeList(
    members.map((member) => `${member.name || (member.instanceId ?? member.id)}=${member.peerUrl}`),
  );
}

function encodeList(entries: readonly string[]): string {
  invariant(entries.length > 0, 'refusing to encode an empty list');
  const isTidy = entries.every((entry, index) => index === 0 || (entries[index - 1] ?? '') < entry);
  if (isTidy) return entries.join(',');
  return [...new Set(entries)].sort().join(',');
}
