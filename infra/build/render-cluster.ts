import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const INFRA = join(dirname(fileURLToPath(import.meta.url)), '..');

/** A line that holds nothing but a list entry `'{{infra/<path>}}'` stands for that file's text. */
const MARKER = /^( *)- '\{\{infra\/([a-z/.-]+)\}\}'$/gm;

/**
 * The cluster template with the boot script in its place: a literal block, so that
 * CloudFormation substitutes nothing in it and the text arrives byte for byte.
 *
 * @throws {Error} the template does not have exactly one place for it: the template is at fault.
 */
export function renderClusterTemplate(template = readFileSync(join(INFRA, 'cluster.yml'), 'utf8')): string {
  const placeCount = template.match(MARKER)?.length ?? 0;
  if (placeCount !== 1)
    throw new Error(`the cluster template has ${placeCount} places for the boot script, not one`);
  return template.replace(MARKER, (_line, indent: string, path: string) => {
    const script = readFileSync(join(INFRA, path), 'utf8');
    const lines = script.split('\n').map((line) => (line === '' ? '' : `${indent}  ${line}`));
    return `${indent}- |\n${lines.join('\n').trimEnd()}`;
  });
}

/** Writes the rendered template and returns its path. */
export function writeClusterTemplate(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'cluster.yml');
  writeFileSync(path, renderClusterTemplate());
  return path;
}

if (import.meta.main) {
  const path = writeClusterTemplate(join(INFRA, '..', '.build'));
  process.stdout.write(`wrote ${path}\n`);
}
