/** The few pieces of DER (X.690) that a certificate is made of. */

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length.toString(16);
  const long = Buffer.from(size.length % 2 === 0 ? size : `0${size}`, 'hex');
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 + long.length, ...long];
  return Buffer.concat([Buffer.from(head), content]);
}

export const sequence = (...parts: readonly Buffer[]): Buffer => element(0x30, Buffer.concat(parts));
export const set = (...parts: readonly Buffer[]): Buffer => element(0x31, Buffer.concat(parts));
export const octets = (content: Buffer): Buffer => element(0x04, content);
export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text));
/** `content` must be positive: its first bit is the sign. */
export const integer = (content: Buffer): Buffer => element(0x02, content);
export const yes = element(0x01, Buffer.from([0xff]));

/** `unused`: how many bits at the end of the last byte do not count. */
export const bits = (content: Buffer, unused = 0): Buffer =>
  element(0x03, Buffer.concat([Buffer.from([unused]), content]));

/** A context-specific tag; `wraps`: around a whole element, otherwise around bare content. */
export const context = (number: number, content: Buffer, wraps = true): Buffer =>
  element((wraps ? 0xa0 : 0x80) + number, content);

/** UTCTime, which holds until 2049. */
export const time = (at: Date): Buffer =>
  element(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replaceAll(/[-T:]/g, '')}Z`));

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): readonly number[] {
  const digits = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** Extended key usage: as a server and as a client, which a peer is both. */
export const ANY_USAGE = sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'));
