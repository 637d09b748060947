import { createHash } from 'node:crypto';
import type { FakeEtcdWorld } from '../etcd/fake-etcd.ts';
import { keyCountOf } from '../etcd/maintenance.ts';

/** What a database of this world holds, as far as anybody asks. */
export interface Held {
  readonly clusterId: string;
  readonly memberId: string;
  readonly revision: string;
  /** It is not what the others hold, and nobody can tell by looking at it. */
  readonly isCorrupt: boolean;
  readonly keyCount: number;
}

const PAGE_BYTES = 512;
const TRAILER_BYTES = 32;
/** As bbolt begins: a header, and its magic number. */
const HEADER_BYTES = 16;
const MAGIC = Buffer.from([0xed, 0xda, 0x0c, 0xed]);

/** As a member sends it: whole pages, and their checksum. */
export function databaseOf(etcd: FakeEtcdWorld, memberId: string): Uint8Array {
  const held: Held = {
    clusterId: etcd.clusterId ?? '',
    memberId,
    revision: String(etcd.space.revisionAt(etcd.indexOf(memberId))),
    isCorrupt: etcd.space.corrupt.has(memberId),
    keyCount: keyCountOf(etcd, memberId),
  };
  const text = Buffer.from(JSON.stringify(held));
  const pages = Math.ceil((HEADER_BYTES + MAGIC.length + text.length) / PAGE_BYTES) + 1;
  const body = Buffer.alloc(pages * PAGE_BYTES);
  MAGIC.copy(body, HEADER_BYTES);
  text.copy(body, HEADER_BYTES + MAGIC.length);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

/** Objects are judged again and again, and never change. */
const known = new WeakMap<Uint8Array, { readonly held: Held | null; readonly sha256: string }>();

/** What lies in these bytes; `null`: they are not what a member sent. */
export const heldIn = (bytes: Uint8Array): Held | null => readOnce(bytes).held;

/** Of all of them, hexadecimal. */
export const shaOf = (bytes: Uint8Array): string => readOnce(bytes).sha256;

function readOnce(bytes: Uint8Array): { readonly held: Held | null; readonly sha256: string } {
  const found = known.get(bytes);
  if (found !== undefined) return found;
  const read = { held: readHeld(bytes), sha256: createHash('sha256').update(bytes).digest('hex') };
  known.set(bytes, read);
  return read;
}

function readHeld(bytes: Uint8Array): Held | null {
  const body = bytes.subarray(0, -TRAILER_BYTES);
  const trailer = Buffer.from(bytes.subarray(-TRAILER_BYTES));
  if (bytes.length <= TRAILER_BYTES || !createHash('sha256').update(body).digest().equals(trailer))
    return null;
  const text = Buffer.from(body).toString('utf8', HEADER_BYTES + MAGIC.length);
  const held: Held = JSON.parse(text.slice(0, text.indexOf('\0')));
  return held;
}
