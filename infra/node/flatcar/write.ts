/**
 * `node infra/node/flatcar/write.ts` (part of `npm run build`): the boot scripts for Butane, and the Ignition
 * configurations of its files, in `.build/flatcar/`. Needs no tool and no network.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { joinScript, withoutComments } from '../../build/join-script.ts';
import { toIgnition } from './ignition.ts';

const ROLES = ['member', 'worker', 'reboot'] as const;
/** What a file is for; `reboot` is merged into one of the others. */
export type Role = (typeof ROLES)[number];

export const butaneText = (role: Role): string =>
  readFileSync(new URL(`${role}.bu`, import.meta.url), 'utf8');

/** What the Butane file names as `<role>.sh`. */
const scriptText = (name: string): string => withoutComments(joinScript(`node/${name}`));

/** Butane reads YAML 1.1, where 0600 is an octal number. */
export const ignitionOf = (text: string): unknown => toIgnition(parse(text, { version: '1.1' }), scriptText);

/** Writes scripts and configurations, and returns the folder: it is Butane's `--files-dir`. */
export function writeFlatcar(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const role of ROLES) {
    writeFileSync(join(folder, `${role}.sh`), scriptText(`${role}.sh`));
    writeFileSync(join(folder, `${role}.ign`), `${JSON.stringify(ignitionOf(butaneText(role)))}\n`);
  }
  return folder;
}

if (import.meta.main) {
  const folder = writeFlatcar(fileURLToPath(new URL('../../../.build/flatcar', import.meta.url)));
  process.stdout.write(`wrote ${folder}/{member,worker,reboot}.{sh,ign}\n`);
}
