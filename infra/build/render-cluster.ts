import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';
import { isDocument, isNode, isPair, parseDocument, visit } from 'yaml';
import { joinScript, withoutComments } from './join-script.ts';

const INFRA = join(dirname(fileURLToPath(import.meta.url)), '..');

/** A line that holds nothing but `{{infra/<path>}}` stands for that script, joined and packed. */
const MARKER = /^( *)\{\{infra\/([a-z/.-]+)\}\}$/gm;
/** Each line costs its indentation. */
const LINE_CHARS = 1_000;
const OS_BYTE = 9;
const OS_UNKNOWN = 255;

/**
 * A template of instances with the boot script in its place: packed, so that the user data has room beside it,
 * and in a literal block, so that CloudFormation substitutes nothing in it. Comments of both stay behind: what
 * CloudFormation takes in one call is little, and the sources have them.
 *
 * @throws {Error} the template does not have exactly one place for it: the template is at fault.
 */
function renderTemplate(template: string, name: string): string {
  const placeCount = template.match(MARKER)?.length ?? 0;
  if (placeCount !== 1)
    throw new Error(`the ${name} template has ${placeCount} places for the boot script, not one`);
  const whole = template.replace(MARKER, (_line, indent: string, path: string) =>
    packedLines(withoutComments(joinScript(path)))
      .map((line) => indent + line)
      .join('\n'),
  );
  return compact(whole);
}

/** The same template in fewer bytes, and still one to read. @throws {Error} it is no YAML */
export function compact(template: string): string {
  // Short forms like !Sub stay as they are: nobody asks what they mean here.
  const document = parseDocument(template, { logLevel: 'silent' });
  const [mistake] = document.errors;
  if (mistake !== undefined) throw mistake;
  visit(document, (_key, node) => {
    if (isPair(node)) for (const part of [node.key, node.value]) bare(part);
    else bare(node);
  });
  return document.toString({ indent: 1, indentSeq: false, lineWidth: 0, flowCollectionPadding: false });
}

function bare(node: unknown): void {
  if (isDocument(node) || isNode(node)) {
    node.commentBefore = null;
    node.comment = null;
  }
  if (isNode(node)) node.spaceBefore = false;
}

export const renderClusterTemplate = (template = source('cluster.yml')): string =>
  renderTemplate(template, 'cluster');

export const renderWorkersTemplate = (template = source('workers.yml')): string =>
  renderTemplate(template, 'workers');

const source = (name: string): string => readFileSync(join(INFRA, name), 'utf8');

/** The lines of what `base64 -d | gzip -d` unpacks. The same bytes for the same script: without its time and machine. */
export function packedLines(script: string): readonly string[] {
  const archive = gzipSync(script, { level: constants.Z_BEST_COMPRESSION });
  archive[OS_BYTE] = OS_UNKNOWN;
  return archive.toString('base64').match(new RegExp(`.{1,${LINE_CHARS}}`, 'g')) ?? [];
}

/** Writes the rendered template of the cluster and returns its path. */
export const writeClusterTemplate = (folder: string): string =>
  write(folder, 'cluster.yml', renderClusterTemplate());

/** Writes the rendered template of worker groups and returns its path. */
export const writeWorkersTemplate = (folder: string): string =>
  write(folder, 'workers.yml', renderWorkersTemplate());

function write(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

if (import.meta.main) {
  const folder = join(INFRA, '..', '.build');
  for (const writeTemplate of [writeClusterTemplate, writeWorkersTemplate])
    process.stdout.write(`wrote ${writeTemplate(folder)}\n`);
}
