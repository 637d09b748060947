import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export interface Source {
  readonly path: string;
  readonly text: string;
  /** The text without comments, and with every string and template emptied. */
  readonly code: string;
  /** What it imports: files as paths from the root, packages by their name. */
  readonly imports: readonly string[];
}

/** Sources below `pattern`, sorted by path. */
export function sourcesOf(pattern: string): readonly Source[] {
  return globSync(pattern, { exclude: (path) => path.includes('node_modules') })
    .map((path) => normalize(path))
    .sort()
    .map(sourceAt);
}

function sourceAt(path: string): Source {
  const text = readFileSync(path, 'utf8');
  return { path, text, code: codeOf(text), imports: importsOf(path, text) };
}

const COMMENT_OR_STRING =
  /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

export function codeOf(text: string): string {
  return text.replace(COMMENT_OR_STRING, (found) => {
    const kept = found.startsWith('/') ? '' : found.charAt(0).repeat(2);
    return kept + '\n'.repeat(found.split('\n').length - 1);
  });
}

/** Files that are not imported but run or read by their path: `new URL('./main.ts', …)`, `'main.ts'`. */
const MENTION = /'(\.?[\w./-]+\.[cm]?[jt]s)'/g;

const IMPORT = /^(?:import|export)\b[^'";]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm;

function importsOf(path: string, text: string): readonly string[] {
  return [...text.matchAll(IMPORT)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .map((name) => (name.startsWith('.') ? normalize(join(dirname(path), name)) : name));
}

function mentionsOf({ path, text }: Source): readonly string[] {
  const names = [...text.matchAll(MENTION)].map((match) => match[1] ?? '');
  return names.flatMap((name) => [normalize(name), normalize(join(dirname(path), name))]);
}

/** Every file that `roots` import or name, directly or not, themselves included. */
export function reachableFrom(roots: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [...roots];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path) || !/\.[cm]?[jt]s$/.test(path) || !existsSync(path)) continue;
    found.add(path);
    const source = sourceAt(path);
    queue.push(...source.imports, ...mentionsOf(source));
  }
  return found;
}

/** Text files that git tracks, with their text. */
export function trackedFiles(): readonly { readonly path: string; readonly text: string }[] {
  const paths = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean);
  return paths
    .filter((path) => existsSync(path))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
}
