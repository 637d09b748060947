import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { IntactCheck, type IntactVerdict } from '../../../functions/core/backup/intact.ts';
import { databaseOf, piecesOf } from './databases.ts';

function judge(bytes: Uint8Array, size = bytes.length || 1): IntactVerdict {
  const check = new IntactCheck();
  for (const piece of piecesOf(bytes, size)) check.add(piece);
  return check.end();
}

describe('a snapshot', () => {
  const whole = databaseOf(5);
  const sha256 = createHash('sha256').update(whole).digest('hex');

  test.each([1, 7, 31, 32, 33, 512, 1_000, 100_000])(
    'is intact with its checksum, in whatever pieces (of %i bytes) it comes',
    (size) => {
      expect(judge(whole, size)).toEqual({ sizeBytes: 2_592, sha256, problem: null });
    },
  );

  test('is judged the same when it is asked for twice', () => {
    const check = new IntactCheck();
    check.add(whole);
    expect(check.end()).toEqual(check.end());
  });

  test('is refused at every length that it can be cut to', () => {
    for (let length = 0; length < whole.length; length += 1) {
      expect(judge(whole.subarray(0, length), 100).problem, `${length} bytes`).not.toBeNull();
    }
  });

  test('is refused when it lacks a page in its middle', () => {
    const cut = Buffer.concat([whole.subarray(0, 1_024), whole.subarray(1_536)]);
    expect(judge(cut).problem).toBe('its checksum does not fit what came');
  });

  test('is refused for every byte that changed', () => {
    for (let at = 0; at < whole.length; at += 13) {
      const broken = Buffer.from(whole);
      broken.writeUInt8(broken.readUInt8(at) ^ 1, at);
      expect(judge(broken, 97).problem, `byte ${at}`).not.toBeNull();
    }
  });

  test('is refused when it is empty, or something else with a right checksum', () => {
    expect(judge(Buffer.alloc(0)).problem).toBe('it is empty');
    const other = Buffer.alloc(1_024, 'x');
    const summed = Buffer.concat([other, createHash('sha256').update(other).digest()]);
    expect(judge(summed).problem).toBe('it is no database of etcd');
    expect(judge(Buffer.from('<Error>AccessDenied</Error>')).problem).toMatch(/not whole pages/);
  });
});
