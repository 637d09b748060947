import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { archiveOf, unpack } from '../../infra/build/archive.ts';

const LIST = `
import json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
print(json.dumps([[f.filename, f.date_time, oct(f.external_attr >> 16), archive.read(f).decode()] for f in archive.infolist()]))
`;

test('another zip reader finds one readable file, dated 1980, with its content', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'etcd-autopilot-archive-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'a.zip');
  await writeFile(path, archiveOf('handler.mjs', Buffer.from('export const a = 1;\n'.repeat(50))));

  const { stdout } = await promisify(execFile)('python3', ['-c', LIST, path]);

  const found = ['handler.mjs', [1980, 1, 1, 0, 0, 0], '0o100644', 'export const a = 1;\n'.repeat(50)];
  expect(JSON.parse(stdout)).toEqual([found]);
});

test('what was packed comes out again, and the same content gives the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (content) => {
      const archive = archiveOf('handler.mjs', content);
      expect(archiveOf('handler.mjs', content)).toEqual(archive);
      const unpacked = unpack(archive);
      expect(unpacked.name).toBe('handler.mjs');
      expect(Buffer.from(unpacked.content)).toEqual(Buffer.from(content));
    }),
    { numRuns: 50 },
  );
});
