/** The Query protocol: form-encoded requests in, XML out. */

export type Fields = { readonly [name: string]: FieldValue };
export type FieldValue = string | readonly FieldValue[] | Fields | undefined;

interface Branch {
  value: string | null;
  readonly children: Map<string, Branch>;
}

/** `Tags.member.1.Key=a` and `Filter.1.Value.1=b` as nested fields: numbered names become lists, in order. */
export function parseQuery(body: string): Fields {
  const root: Branch = { value: null, children: new Map() };
  for (const [name, value] of new URLSearchParams(body)) {
    let node = root;
    for (const part of name.split('.').filter((step) => step !== 'member' && step !== '')) {
      const next = node.children.get(part) ?? { value: null, children: new Map() };
      node.children.set(part, next);
      node = next;
    }
    node.value = value;
  }
  return fieldsOf(root);
}

function fieldsOf(node: Branch): Fields {
  return Object.fromEntries([...node.children].map(([name, child]) => [name, nestedValue(child)]));
}

function nestedValue(node: Branch): FieldValue {
  if (node.children.size === 0) return node.value ?? '';
  const names = [...node.children.keys()];
  if (!names.every((name) => /^\d+$/.test(name))) return fieldsOf(node);
  return [...node.children]
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, child]) => nestedValue(child));
}

export function text(value: unknown, fallback = ''): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : fallback;
}

export function number(value: unknown, fallback: number): number {
  const parsed = Number(text(value, 'none'));
  return text(value) !== '' && Number.isFinite(parsed) ? parsed : fallback;
}

export function isTrue(value: unknown): boolean {
  return text(value).toLowerCase() === 'true';
}

export function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === '' || value === null ? [] : [value];
}

export function textList(value: unknown): readonly string[] {
  return list(value).map((item) => text(item));
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value));
}

export type Xml =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Xml[]
  | { readonly [name: string]: Xml };

/** Objects become elements, lists repeat `item` (`member` for Auto Scaling, `item` for EC2); null is left out. */
export function toXml(value: Xml, item: 'member' | 'item'): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map((entry) => `<${item}>${toXml(entry, item)}</${item}>`).join('');
  if (typeof value !== 'object') return escapeXml(String(value));
  return Object.entries(value)
    .filter(([, child]) => child !== null && child !== undefined)
    .map(([name, child]) => `<${name}>${toXml(child, item)}</${name}>`)
    .join('');
}

function escapeXml(raw: string): string {
  return raw
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** One page of a list. The token is the position to go on from. */
export function page<T>(
  items: readonly T[],
  max: number,
  token: string,
): { readonly items: readonly T[]; readonly next: string | null } {
  const start = /^\d+$/.test(token) ? Number(token) : 0;
  const end = start + Math.max(1, max);
  return { items: items.slice(start, end), next: end < items.length ? String(end) : null };
}

/** One page of shown items under a name, as the Auto Scaling API answers it. */
export function paged<T>(
  items: readonly T[],
  input: Fields,
  max: number,
  name: string,
  show: (item: T) => Xml,
): Xml {
  const { items: some, next } = page(items, number(input['MaxRecords'], max), text(input['NextToken']));
  return { [name]: some.map(show), NextToken: next };
}
