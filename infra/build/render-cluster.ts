import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';

const INFRA = join(dirname(fileURLToPath(import.meta.url)), '..');

/** A line that holds nothing but `{{infra/<path>}}` stands for that file, packed. */
const MARKER = /^( *)\{\{infra\/([a-z/.-]+)\}\}$/gm;
const LINE_CHARS = 120;
const OS_BYTE = 9;
const OS_UNKNOWN = 255;

/**
 * The cluster template with the boot script in its place: packed, so that the user data has room beside it,
 * and in a literal block, so that CloudFormation substitutes nothing in it.
 *
 * @throws {Error} the template does not have exactly one place for it: the template is at fault.
 */
export function renderClusterTemplate(template = readFileSync(join(INFRA, 'cluster.yml'), 'utf8')): string {
  const placeCount = template.match(MARKER)?.length ?? 0;
  if (placeCount !== 1)
    throw new Error(`the cluster template has ${placeCount} places for the boot script, not one`);
  return template.replace(MARKER, (_line, indent: string, path: string) =>
    packed(readFileSync(join(INFRA, path)))
      .map((line) => indent + line)
      .join('\n'),
  );
}

/** The lines of what `base64 -d | gzip -d` unpacks. The same bytes for the same file: without its time and machine. */
function packed(file: Buffer): readonly string[] {
  const archive = gzipSync(file, { level: constants.Z_BEST_COMPRESSION });
  archive[OS_BYTE] = OS_UNKNOWN;
  return archive.toString('base64').match(new RegExp(`.{1,${LINE_CHARS}}`, 'g')) ?? [];
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
