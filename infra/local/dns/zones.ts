/** The hosted zones as they are served, and how names are found in them. Names are canonical: as Route 53 tells them. */

export interface ZoneRecord {
  readonly Name: string;
  readonly Type: string;
  readonly TTL?: string;
  readonly SetIdentifier?: string;
  readonly MultiValueAnswer?: boolean;
  readonly ResourceRecords?: readonly string[];
  readonly AliasTarget?: { readonly DNSName: string };
}

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly records: readonly ZoneRecord[];
}

/** Lower case, a trailing dot, octal escapes for all but a-z 0-9 - _ and dots. */
export function canonical(name: string): string {
  const told = name
    .toLowerCase()
    .replace(/[^a-z0-9_.-]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return told.endsWith('.') ? told : `${told}.`;
}

/** The zone that answers for a name: the closest; of two with one name the private one, as inside of a VPC. Null: none. */
export function zoneOf(zones: readonly Zone[], name: string): Zone | null {
  const fitting = zones.filter((zone) => name === zone.name || name.endsWith(`.${zone.name}`));
  fitting.sort((a, b) => b.name.length - a.name.length || Number(b.isPrivate) - Number(a.isPrivate));
  return fitting[0] ?? null;
}

/** The record sets that answer for a name, of every type: its own, or those of a wildcard. Null: there is no such name. */
export function recordsAt(zone: Zone, name: string): readonly ZoneRecord[] | null {
  const own = zone.records.filter((record) => record.Name === name);
  if (own.length > 0) return own;
  if (exists(zone, name)) return [];
  const wild = `\\052.${closestAncestor(zone, name)}`;
  const covering = zone.records.filter((record) => record.Name === wild);
  return covering.length > 0 ? covering : null;
}

/** A name exists when it has records, or when a name below it has. */
function exists(zone: Zone, name: string): boolean {
  return zone.records.some((record) => record.Name === name || record.Name.endsWith(`.${name}`));
}

function closestAncestor(zone: Zone, name: string): string {
  let ancestor = name;
  while (ancestor !== zone.name && !exists(zone, ancestor))
    ancestor = ancestor.slice(ancestor.indexOf('.') + 1);
  return ancestor;
}
