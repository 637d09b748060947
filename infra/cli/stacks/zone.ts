import type { ZonePort } from '../cloud/ports.ts';
import { refuse } from './command.ts';
import { isNothing } from './inherit.ts';
import { zoneMistake } from './worker-input.ts';

/** @throws {Failure} the hosted zone is not there, or the name not in it */
export async function requireNameInZone(zones: ZonePort, given: ReadonlyMap<string, string>): Promise<void> {
  const zone = given.get('DnsZone') ?? '';
  const name = given.get('DnsName') ?? '';
  if (isNothing(zone) || isNothing(name)) return;
  const mistake = zoneMistake(name, zone, await zones.nameOf(zone));
  refuse(mistake === null ? [] : [mistake]);
}
