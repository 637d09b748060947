import type { Stack } from './stack.ts';
import type { Template } from './template.ts';

/** What a worker group takes over from its cluster, where it is not given. */
const TAKEN_OVER = ['AutopilotStack', 'SecretsPath', 'SecretsKeyArn', 'AlarmTopicArn', 'Tls'];

/**
 * Parameters of a worker group, with what the stack of its cluster tells: a hosted zone for a name that has none,
 * how TLS is done, and whatever the template wants without a default.
 */
export function inherited(
  { declared }: Template,
  given: ReadonlyMap<string, string>,
  core: Pick<Stack, 'outputs' | 'parameters'>,
): ReadonlyMap<string, string> {
  const told = (name: string): string | undefined => core.outputs.get(name) ?? core.parameters.get(name);
  const wanted = [...declared]
    .filter(([name, { fallback }]) => fallback === null || TAKEN_OVER.includes(name))
    .map(([name]) => [name, told(name)] as const);
  const hasName = !isNothing(given.get('DnsName'));
  const zone = hasName && declared.has('DnsZone') ? [['DnsZone', told('Zone')] as const] : [];
  const taken = [...wanted, ...zone].flatMap(([name, value]) =>
    given.has(name) || value === undefined || value === '' ? [] : [[name, value] as const],
  );
  return new Map([...given, ...taken]);
}

/** The mistake where workers cannot have their certificates in the way of their cluster. */
export function tlsMistakes({ declared }: Template, values: ReadonlyMap<string, string>): readonly string[] {
  const way = values.get('Tls') ?? 'none';
  const ways = declared.get('Tls')?.allowedValues ?? [];
  if (isNothing(way) || ways.length === 0 || ways.includes(way)) return [];
  const known = ways.filter((one) => !isNothing(one)).join(' or ');
  return [
    `the members get their certificates by Tls=${way}, which workers cannot: give --parameter Tls=${known} (docs/tls.md)`,
  ];
}

/** "none" and the empty text stand for nothing in the templates. */
export const isNothing = (value: string | undefined): boolean =>
  value === undefined || value === '' || value === 'none';
