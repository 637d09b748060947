import { isRecord, parseJson } from './json.ts';
import { PARAMETER } from './names.ts';
import { areSameTexts, remembered, rememberedLast } from './remembered.ts';

/** The version of every record that this version of the autopilot writes; it stands only where it is not 1. */
const KNOWN_VERSION = 1;
/** Not `config`, whose version is one of its mistakes. */
const JSON_RECORDS: readonly string[] = [PARAMETER.bootstrap, PARAMETER.status, PARAMETER.maintenance];

/**
 * The records that a newer version of the autopilot wrote, in a form that this one does not
 * know: during a deploy the old version may come after the new one once more. What it would
 * write would take away what the newer one knows, so it only looks (S69).
 */
export const newerRecords = rememberedLast((texts: ReadonlyMap<string, string>): readonly string[] => {
  const names: string[] = [];
  for (const [name, text] of texts) if (isNewer(name, text)) names.push(name);
  return names.sort();
}, areSameTexts);

function isNewer(name: string, text: string): boolean {
  if (name.startsWith(PARAMETER.members)) return versionInTicket(text) > KNOWN_VERSION;
  return JSON_RECORDS.includes(name) && versionInJson(text) > KNOWN_VERSION;
}

/** Members have versions too, which are text: a record without any number under that name needs no parsing. */
const NUMBERED = /"version"\s*:\s*[-\d]/;

const versionInJson = remembered((text: string): number => {
  if (!NUMBERED.test(text)) return KNOWN_VERSION;
  const value = parseJson(text);
  const version = isRecord(value) ? value['version'] : undefined;
  return typeof version === 'number' ? version : KNOWN_VERSION;
});

const versionInTicket = remembered((text: string): number =>
  Number(/^AUTOPILOT_VERSION=(\d{1,9})$/m.exec(text)?.[1] ?? KNOWN_VERSION),
);
