import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';

/** 1 January 1980, the earliest that the format knows: equal sources must give equal bytes. */
const DOS_DATE = 0x0021;
const DEFLATED = 8;
/** A regular file that everybody may read, written by a Unix; Lambda refuses what it cannot read. */
const MADE_BY_UNIX = 0x0314;
const MODE_0644 = (0o100644 << 16) >>> 0;
const MODE_0755 = (0o100755 << 16) >>> 0;
const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;

/** A file of an archive. */
export interface Packed {
  readonly name: string;
  readonly content: Uint8Array;
  /** Whoever unpacks it may run it. */
  readonly isProgram: boolean;
}

/** A zip archive of one file, the same bytes for the same content. */
export const archiveOf = (name: string, content: Uint8Array): Uint8Array =>
  archiveOfFiles([{ name, content, isProgram: false }]);

/** A zip archive of these files in this order, the same bytes for the same contents. */
export function archiveOfFiles(files: readonly Packed[]): Uint8Array {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = 0;
  for (const { name, content, isProgram } of files) {
    const nameBytes = Buffer.from(name, 'utf8');
    const packed = deflateRawSync(content, { level: 9 });
    const facts = factsOf(nameBytes, content, packed);
    const local = Buffer.concat([uint32(LOCAL_HEADER), facts, uint16(0), nameBytes, packed]);
    const central = Buffer.concat([
      uint32(CENTRAL_HEADER),
      uint16(MADE_BY_UNIX),
      facts,
      Buffer.alloc(8), // no extra field, no comment, first disk, no internal attributes
      uint32(isProgram ? MODE_0755 : MODE_0644),
      uint32(at),
      nameBytes,
    ]);
    locals.push(local);
    centrals.push(central);
    at += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.concat([
    uint32(END_OF_DIRECTORY),
    Buffer.alloc(4),
    uint16(files.length),
    uint16(files.length),
    uint32(directory.length),
    uint32(at),
    uint16(0),
  ]);
  return Buffer.concat([...locals, directory, end]);
}

/** The fields that local and central header share, up to the length of the name. */
function factsOf(name: Buffer, content: Uint8Array, packed: Uint8Array): Buffer {
  return Buffer.concat([
    uint16(20),
    uint16(0),
    uint16(DEFLATED),
    uint16(0),
    uint16(DOS_DATE),
    uint32(crc32(content)),
    uint32(packed.length),
    uint32(content.length),
    uint16(name.length),
  ]);
}

/** The one file of an archive that {@link archiveOf} made. */
export function unpack(archive: Uint8Array): { readonly name: string; readonly content: Uint8Array } {
  const bytes = Buffer.from(archive);
  if (bytes.readUInt32LE(0) !== LOCAL_HEADER) throw new Error('not an archive of ours');
  const [packedSize, nameSize] = [bytes.readUInt32LE(18), bytes.readUInt16LE(26)];
  const content = inflateRawSync(bytes.subarray(30 + nameSize, 30 + nameSize + packedSize));
  return { name: bytes.toString('utf8', 30, 30 + nameSize), content };
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
