import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** The parts of bbolt's file format that it takes to find a value: pages of a tree, all numbers little-endian. */
const META_PAGES = [0, 1];
const MAGIC = 0xed0cdaed;
const PAGE_HEADER = 16;
const ELEMENT = 16;
const BRANCH = 0x01;
const LEAF = 0x02;
const IS_BUCKET = 0x01;
/** Where etcd keeps what clients write, as mvccpb.KeyValue by revision. */
const BUCKET = 'key';
/** What of the autopilot stands there decides what it does: a damaged client is enough. */
const SPARED = '/etcd-autopilot/';
const DEPTH_MAX = 20;

interface Element {
  readonly key: Buffer;
  /** Where its value begins in the file. */
  readonly at: number;
  readonly size: number;
  readonly isBucket: boolean;
}

/** A value that a client wrote, and where it stands in the file. */
export interface StoredValue {
  readonly key: string;
  readonly at: number;
  readonly size: number;
}

/**
 * Flips the lowest bit of the first byte of the newest value that a client wrote. bbolt has no checksum over it: etcd
 * serves it as if it had been written so.
 *
 * @returns what was damaged; `null`: no client has written a value
 */
export function flipBit(file: string): StoredValue | null {
  const data = readFileSync(file);
  const found = newestValue(data);
  if (found === null) return null;
  const fd = openSync(file, 'r+');
  try {
    writeSync(fd, Buffer.from([(data[found.at] ?? 0) ^ 1]), 0, 1, found.at);
  } finally {
    closeSync(fd);
  }
  return found;
}

function newestValue(data: Buffer): StoredValue | null {
  const meta = META_PAGES.flatMap((page) => readMeta(data, page)).sort((a, b) =>
    a.txid < b.txid ? 1 : -1,
  )[0];
  if (meta === undefined) return null;
  const { pageSize, root } = meta;
  const bucket = leavesOf(data, pageSize, root).find(({ key, isBucket }) => isBucket && `${key}` === BUCKET);
  if (bucket === undefined) return null;
  const top = Number(data.readBigUInt64LE(bucket.at));
  // A small bucket has its only page inside of its value.
  const elements = top === 0 ? elementsAt(data, bucket.at + ELEMENT) : leavesOf(data, pageSize, top);
  return (
    [...elements]
      .reverse()
      .map((one) => valueIn(data, one))
      .find((one) => one !== null) ?? null
  );
}

interface Meta {
  readonly pageSize: number;
  readonly root: number;
  readonly txid: bigint;
}

function readMeta(data: Buffer, page: number): readonly Meta[] {
  const pageSize = data.readUInt32LE(PAGE_HEADER + 8) || 4_096;
  const at = page * pageSize + PAGE_HEADER;
  if (at + 64 > data.length || data.readUInt32LE(at) !== MAGIC) return [];
  return [{ pageSize, root: Number(data.readBigUInt64LE(at + 16)), txid: data.readBigUInt64LE(at + 48) }];
}

/** Elements of all leaves below a page, in the order of their keys. */
function leavesOf(data: Buffer, pageSize: number, page: number, depth = 0): readonly Element[] {
  const at = page * pageSize;
  if (depth > DEPTH_MAX || at + PAGE_HEADER > data.length) return [];
  const flags = data.readUInt16LE(at + 8);
  if ((flags & LEAF) !== 0) return elementsAt(data, at);
  if ((flags & BRANCH) === 0) return [];
  const count = data.readUInt16LE(at + 10);
  return Array.from({ length: count }, (_, index) => at + PAGE_HEADER + index * ELEMENT).flatMap((element) =>
    leavesOf(data, pageSize, Number(data.readBigUInt64LE(element + 8)), depth + 1),
  );
}

function elementsAt(data: Buffer, at: number): readonly Element[] {
  const count = data.readUInt16LE(at + 10);
  return Array.from({ length: count }, (_, index) => {
    const element = at + PAGE_HEADER + index * ELEMENT;
    const key = element + data.readUInt32LE(element + 4);
    const keySize = data.readUInt32LE(element + 8);
    return {
      key: data.subarray(key, key + keySize),
      at: key + keySize,
      size: data.readUInt32LE(element + 12),
      isBucket: (data.readUInt32LE(element) & IS_BUCKET) !== 0,
    };
  });
}

const KEY = 1;
const VALUE = 5;
const BYTES = 2;

/** The value in an encoded mvccpb.KeyValue. */
function valueIn(data: Buffer, { at, size }: Element): StoredValue | null {
  const end = at + size;
  let name = '';
  let here = at;
  while (here < end) {
    const tag = data[here] ?? 0;
    const [length, next] = readVarint(data, here + 1);
    const field = tag >> 3;
    if (field === KEY) name = data.toString('utf8', next, next + length);
    if (field === VALUE && length > 0 && !name.startsWith(SPARED))
      return { key: name, at: next, size: length };
    here = (tag & 7) === BYTES ? next + length : next;
  }
  return null;
}

function readVarint(data: Buffer, at: number): readonly [number, number] {
  let value = 0;
  let here = at;
  for (let shift = 1; here < data.length; shift *= 128) {
    const byte = data[here] ?? 0;
    value += (byte & 0x7f) * shift;
    here += 1;
    if (byte < 0x80) break;
  }
  return [value, here];
}
