import type { Groups } from '../groups.ts';
import { type FaultRequest, invalid } from './kinds.ts';
import { type Inflicted, undoOf } from './on-machines.ts';
import type { Faults } from './register.ts';

interface Region {
  readonly groups: Groups;
  readonly faults: Faults;
}

/** Takes the capacity of a zone away, or gives it back. */
export function inflictOnZone({ groups, faults }: Region, request: FaultRequest): Inflicted {
  const zone = zoneOf(groups, request.target);
  const { zones } = groups;
  if (request.kind === 'restore-capacity') {
    if (!zones.isClosed(zone)) throw invalid(`${zone} has capacity`);
    zones.open(zone);
    return { id: null, text: `${zone} has capacity again`, undo: 'take it away again with no-capacity' };
  }
  if (zones.isClosed(zone)) throw invalid(`${zone} has no capacity already`);
  zones.close(zone);
  const text = `nothing can be launched in ${zone} any more; what runs there stays`;
  const fault = faults.add(request, text, {
    isOver: () => !zones.isClosed(zone),
    undo: () => zones.open(zone),
  });
  return { id: fault.id, text, undo: undoOf(fault) };
}

/** @throws {FleetError} `InvalidFault`: no group has this zone */
function zoneOf(groups: Groups, word: string): string {
  const known = [...new Set(groups.all().flatMap(({ places }) => places.map(({ zone }) => zone)))].sort();
  if (known.includes(word)) return word;
  throw invalid(`no group has a zone ${word}; zones: ${known.join(', ') || 'none, for there is no group'}`);
}
