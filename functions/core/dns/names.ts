/** Of a name in DNS, without the dot at the end. */
const NAME_CHARS_MAX = 253;
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

const OWNERSHIP = '_etcd-autopilot';
/** Stands for `*` in the name of a mark, where a star would be an ordinary label. */
const STAR = '_wildcard';

/** Lower case, without the dot at the end; `null` for what is no name that records may be made under. */
export function parseRecordName(text: string): string | null {
  const name = bareName(text);
  const [first = '', ...rest] = name.split('.');
  const isNamed = rest.length > 0 && (first === '*' || LABEL.test(first));
  const fits = ownershipName(name).length <= NAME_CHARS_MAX;
  return isNamed && fits && rest.every((label) => LABEL.test(label)) ? name : null;
}

/** Route 53 writes what is no letter, digit, `-`, `_` or `.` as three octal digits: `*` comes back as `\052`. */
export const unescapeName = (text: string): string =>
  bareName(
    text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
  );

/** Whether `name` lies in the zone: is its name, or ends in it after a dot. */
export const isInZone = (name: string, zoneName: string): boolean =>
  name === zoneName || name.endsWith(`.${zoneName}`);

/** Name of the TXT record that tells whose the records of `name` are. */
export function ownershipName(name: string): string {
  return `${OWNERSHIP}.${name.startsWith('*.') ? `${STAR}${name.slice(1)}` : name}`;
}

const bareName = (text: string): string => text.trim().toLowerCase().replace(/\.$/, '');
