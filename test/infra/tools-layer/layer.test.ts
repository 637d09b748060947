import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildLayer, type LayerRequest } from '../../../infra/tools-layer/layer.ts';
import { serveFiles } from '../etcd/stand-ins.ts';

const NAME = 'etcd-v9.8.7-linux-arm64';
const LIST = `
import json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
print(json.dumps([[f.filename, oct(f.external_attr >> 16), archive.read(f)[64:].decode()] for f in archive.infolist()]))
`;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'etcd-layer-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** The head of a program for that machine, and a text behind it. */
function programFor(machine: number, text: string): Buffer {
  const head = Buffer.alloc(64);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46]).copy(head);
  head.writeUInt16LE(machine, 18);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** Builds a layer from a release whose programs are for that machine. */
async function layerFor(machine: number, changes: Partial<LayerRequest> = {}) {
  mkdirSync(join(dir, NAME));
  for (const tool of ['etcd', 'etcdctl', 'etcdutl'])
    writeFileSync(join(dir, NAME, tool), programFor(machine, `this is ${tool}`));
  const path = join(dir, 'archive.tar.gz');
  execFileSync('tar', ['-czf', path, '-C', dir, NAME]);
  const archive = readFileSync(path);
  const server = await serveFiles(new Map([[`/v9.8.7/${NAME}.tar.gz`, archive]]));
  const out = join(dir, 'deep', 'layer.zip');
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const request = { version: '9.8.7', arch: 'arm64', sha256, releasesUrl: server.url, out } as const;
  try {
    const built = await buildLayer({ ...request, say: () => undefined, ...changes });
    return { out, built };
  } finally {
    await server.close();
  }
}

describe('the layer of etcd tools', () => {
  test('holds etcd and etcdutl of that release as programs below bin, and nothing else', async () => {
    const { out, built } = await layerFor(183);
    expect(JSON.parse(execFileSync('python3', ['-c', LIST, out]).toString())).toEqual([
      ['bin/etcd', '0o100755', 'this is etcd'],
      ['bin/etcdutl', '0o100755', 'this is etcdutl'],
    ]);
    expect(built.zippedBytes).toBe(readFileSync(out).length);
  });

  test('is not built of an archive with another checksum, or for another machine', async () => {
    await expect(layerFor(183, { sha256: 'ab'.repeat(32) })).rejects.toThrow('refused');
    rmSync(join(dir, NAME), { recursive: true });
    await expect(layerFor(62)).rejects.toThrow('etcd is no program for arm64');
    expect(existsSync(join(dir, 'deep'))).toBe(false);
  });
});

test.each([
  [['--etcd', '3.4.23'], 'give it like 3.6.14, 3.5 or newer'],
  [['--arch', 'mips'], '--arch is arm64 or amd64'],
  [['--sha256', 'AB'], '--sha256 is 64 hexadecimal digits'],
  [['--nope'], "Unknown option '--nope'"],
])('%j is refused in one line', (args, reason) => {
  const { status, stderr } = spawnSync(process.execPath, ['infra/tools-layer/main.ts', ...args], {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toContain(reason);
  expect(
    stderr
      .trim()
      .split('\n')
      .filter((line) => !line.includes('Warning')),
  ).toHaveLength(1);
});
