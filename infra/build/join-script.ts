import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const INFRA = join(dirname(fileURLToPath(import.meta.url)), '..');
/** In a script, a comment that holds nothing but `{{infra/<path>}}` stands for that part. */
const PART = /^# \{\{infra\/([a-z/.-]+)\}\}\n/gm;
/** It is for the checker of a single file; in the middle of another one it would be of no effect. */
const CHECKER = /^# shellcheck shell=sh\n/;

/** A boot script, below `infra/`, with the parts that it shares with others in their places. */
export function joinScript(path: string): string {
  return read(path).replace(PART, (_line, part: string) => joinScript(part).replace(CHECKER, ''));
}

/**
 * The same program in fewer bytes: no line that is nothing but a comment, no empty line, no comment behind a command. One
 * with a quote in it stays: what looks like a comment may then be a part of a text.
 */
export const withoutComments = (script: string): string =>
  script.replace(/^ *(#.*)?\n/gm, '').replace(/ +# [^"'\n]*$/gm, '');

const read = (path: string): string => readFileSync(join(INFRA, path), 'utf8');

if (import.meta.main) {
  const [path = ''] = process.argv.slice(2);
  process.stdout.write(joinScript(path));
}
