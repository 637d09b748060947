import { createHash } from 'node:crypto';

/** Bytes as etcd sends them: pages of bbolt (the first says so), and the sha256 of them all. */
export function databaseOf(pageCount: number, fill = 7): Buffer {
  const pages = Buffer.alloc(pageCount * 512, fill);
  pages.writeUInt32LE(0xed0cdaed, 16);
  return Buffer.concat([pages, createHash('sha256').update(pages).digest()]);
}

/** In pieces of this size. */
export function* piecesOf(bytes: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
