import { createHash } from 'node:crypto';
import type { ClusterId, MemberId } from './identity.ts';
import { remembered } from './remembered.ts';

/**
 * The member id that etcd derives from a founder's peer URL and the founding
 * token: the first eight bytes of their SHA-1 (server/etcdserver/api/membership).
 * Later members mix the second of their addition in, so only founders are known beforehand.
 */
export function memberIdOf(peerUrl: string, token: string): MemberId {
  return idOf(peerUrl + token);
}

const idOf = remembered((text) => firstEightBytes(Buffer.from(text)).toString());

/** The cluster id that etcd derives from its founders: the SHA-1 over their sorted ids. */
export function clusterIdOf(peerUrls: readonly string[], token: string): ClusterId {
  const ids = peerUrls.map((url) => BigInt(memberIdOf(url, token))).sort((a, b) => (a < b ? -1 : 1));
  const bytes = Buffer.alloc(ids.length * 8);
  for (const [index, id] of ids.entries()) bytes.writeBigUInt64BE(id, index * 8);
  return firstEightBytes(bytes).toString();
}

const firstEightBytes = (bytes: Buffer): bigint =>
  createHash('sha1').update(bytes).digest().readBigUInt64BE(0);
