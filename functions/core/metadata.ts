/** What is told of every instance of a group, for example `instancetype=r3,role=worker`. */
export type Metadata = ReadonlyMap<string, string>;

export type ParsedMetadata =
  | { readonly ok: true; readonly metadata: Metadata }
  | { readonly ok: false; readonly problems: readonly string[] };

const KEY = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/;
const VALUE = /^[A-Za-z0-9_.:/@+-]{0,255}$/;
const PAIRS_MAX = 20;
const SHOWN_CHARS_MAX = 60;

/** Reads `key=value,key=value`; empty text is no metadata. All mistakes are reported together. */
export function parseMetadata(text: string): ParsedMetadata {
  const trimmed = text.trim();
  const pairs = trimmed === '' ? [] : trimmed.split(',').map((pair) => pair.trim());
  const problems = pairs.length > PAIRS_MAX ? [`has ${pairs.length} pairs, at most ${PAIRS_MAX} fit`] : [];
  const metadata = new Map<string, string>();
  for (const pair of pairs) {
    const [key, value] = split(pair);
    const problem = judge(pair, key, value, metadata);
    if (problem === null) metadata.set(key, value);
    else problems.push(problem);
  }
  return problems.length === 0 ? { ok: true, metadata } : { ok: false, problems };
}

/** Text of metadata: equal metadata is equal text. */
export const encodeMetadata = (metadata: Metadata): string =>
  [...metadata]
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');

function split(pair: string): readonly [string, string] {
  const at = pair.indexOf('=');
  return at === -1 ? ['', ''] : [pair.slice(0, at), pair.slice(at + 1)];
}

function judge(pair: string, key: string, value: string, known: Metadata): string | null {
  const shown = `"${pair.slice(0, SHOWN_CHARS_MAX)}"`;
  if (!pair.includes('=')) return `${shown} is not key=value`;
  if (!KEY.test(key))
    return `the key of ${shown} must be a letter and up to 62 letters, digits or any of _ . -`;
  if (!VALUE.test(value))
    return `the value of ${shown} must be at most 255 letters, digits or any of _ . : / @ + -`;
  return known.has(key) ? `the key "${key}" stands there twice` : null;
}
