/**
 * `node infra/node/flatcar/compare.ts`: transpiles the files with the real Butane, for Flatcar and for Fedora
 * CoreOS, and compares what comes out with what the build writes. 0: the same. 1: another one.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { isRecord } from '../../../functions/core/json.ts';
import { obtainButane } from './obtain-butane.ts';
import { butaneText, ignitionOf, writeFlatcar } from './write.ts';

const asFcos = (text: string): string =>
  text.replace('variant: flatcar\nversion: 1.1.0', 'variant: fcos\nversion: 1.5.0');

/** Every source as the text that it holds: two packers need not give the same bytes. */
export function unpacked(ignition: unknown): unknown {
  if (Array.isArray(ignition)) return ignition.map(unpacked);
  if (!isRecord(ignition)) return ignition;
  const { source, compression } = ignition;
  if (typeof source !== 'string')
    return Object.fromEntries(Object.entries(ignition).map(([key, value]) => [key, unpacked(value)]));
  const data = source.startsWith('data:;base64,')
    ? Buffer.from(source.slice('data:;base64,'.length), 'base64')
    : Buffer.from(decodeURIComponent(source.slice('data:,'.length)));
  return { text: (compression === 'gzip' ? gunzipSync(data) : data).toString() };
}

async function transpiled(program: string, files: string, butane: string): Promise<unknown> {
  const child = spawn(program, [files], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(butane);
  const answer = await textOf(child.stdout);
  return answer === '' ? null : JSON.parse(answer);
}

async function main(): Promise<void> {
  const program = await obtainButane((line) => process.stderr.write(`${line}\n`));
  const folder = mkdtempSync(join(tmpdir(), 'etcd-autopilot-flatcar-'));
  try {
    writeFlatcar(folder);
    for (const role of ['member', 'worker', 'reboot'] as const)
      for (const butane of [butaneText(role), asFcos(butaneText(role))]) {
        const variant = /^variant: (\w+)/m.exec(butane)?.[1];
        const real = unpacked(await transpiled(program, folder, butane));
        const isSame = isDeepStrictEqual(real, unpacked(ignitionOf(butane)));
        process.stdout.write(
          `${role}.bu for ${variant}: ${isSame ? 'the same' : 'NOT the same'} as the real Butane's\n`,
        );
        if (!isSame) process.exitCode = 1;
      }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) await main();
