import type { RecordSet } from '../../../functions/core/dns/zone-port.ts';
import { TAG } from '../../../functions/core/names.ts';
import { nameIn } from '../../../functions/core/registry/keys.ts';
import { isOurs } from './judge.ts';
import { CLUSTER, type FrontsWorld, ZONE_NAME } from './world.ts';

/** Groups that come and go; two of them share a name and a service. */
export const GROUPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  web: { [TAG.dnsName]: `web.${ZONE_NAME}`, [TAG.service]: 'web:80', [TAG.metadata]: 'role=web' },
  'web-2': { [TAG.dnsName]: `web.${ZONE_NAME}`, [TAG.service]: 'web:80', [TAG.drainSeconds]: '40' },
  api: {
    [TAG.dnsName]: `api.${ZONE_NAME}.`,
    [TAG.dnsAddress]: 'public',
    [TAG.dnsTtl]: '10',
    [TAG.service]: 'api:8080,admin:9000',
    [TAG.drainSeconds]: '0',
  },
};

const FOREIGN_RECORD: RecordSet = {
  name: `web.${ZONE_NAME}`,
  type: 'A',
  setIdentifier: 'by-hand',
  routing: 'multivalue',
  ttlSeconds: 30,
  values: ['192.0.2.9'],
  healthCheckId: null,
};
const FOREIGN_KEYS = {
  '/services/web/by-hand:80': '10.9.9.9:80',
  '/services/other/x': 'y',
  '/services/web/i-0000000000000ffff:80': '10.9.9.8:80',
  '/etcd-autopilot/machines/note': 'hello',
};

/** Something that happens in a moment; returns what, or null where it could not. */
export type Moment = (world: FrontsWorld) => string | null;

const anyGroup = ({ fleet, random }: FrontsWorld): string | null =>
  random.pick([...fleet.groups.keys()].filter((name) => name in GROUPS));

/** What people do to groups, and what becomes of instances. */
export const EVENTS: Readonly<Record<string, Moment>> = {
  groupScaled: (world) => {
    const name = anyGroup(world);
    if (name === null) return null;
    const desired = world.random.whole(0, 4);
    world.fleet.group(name).desired = desired;
    return `${name} shall have ${desired}`;
  },
  groupRefreshed: (world) => {
    const name = anyGroup(world);
    if (name === null) return null;
    for (const instance of world.fleet.inService(name)) world.fleet.terminate(instance);
    return `all of ${name} are replaced at once`;
  },
  instanceEnded: (world) => {
    const instance = world.random.pick(world.fleet.inService(anyGroup(world) ?? ''));
    if (instance === null) return null;
    world.fleet.terminate(instance);
    return `${instance.id} is terminated`;
  },
  instanceDied: (world) => {
    const instance = world.random.pick(
      world.fleet.of(anyGroup(world) ?? '').filter(({ isAlive }) => isAlive),
    );
    if (instance === null) return null;
    world.fleet.kill(instance.id);
    return `${instance.id} dies`;
  },
  instanceUnhealthy: (world) => {
    const instance = world.random.pick(world.fleet.inService(anyGroup(world) ?? ''));
    if (instance === null) return null;
    instance.health = 'Unhealthy';
    return `${instance.id} is unhealthy`;
  },
  groupDeleted: (world) => {
    const name = anyGroup(world);
    if (name === null) return null;
    world.fleet.group(name).deleting = true;
    return `${name} is deleted`;
  },
  groupCreated: (world) => {
    const name = world.random.pick(Object.keys(GROUPS).filter((one) => !world.fleet.groups.has(one)));
    if (name === null) return null;
    world.addGroup(name, world.random.whole(1, 3), GROUPS[name] ?? {});
    return `${name} is created`;
  },
};

/** What goes wrong in a moment; each ends by itself, or when the storm is over. */
export const FAULTS: Readonly<Record<string, Moment>> = {
  recordsEdited: (world) => {
    const { zone, random, judge } = world;
    const record = random.pick([...zone.records.values()].filter(isOurs));
    if (record === null) return null;
    // What resolvers know is what that person wrote.
    judge.edited.add(record.setIdentifier ?? '');
    if (random.chance(0.5)) zone.put({ ...record, values: ['192.0.2.1'] });
    else zone.delete(record);
    return `somebody edits the record of ${record.setIdentifier}`;
  },
  recordForeign: (world) => {
    const { zone, judge } = world;
    const stands = zone.at(FOREIGN_RECORD.name);
    if (stands.length === 0 || stands.some(({ setIdentifier }) => setIdentifier === 'by-hand')) return null;
    zone.put(FOREIGN_RECORD);
    for (const [key, record] of zone.records)
      if (record === FOREIGN_RECORD) judge.foreignRecords.set(key, record);
    return 'somebody writes a record beside ours';
  },
  keysEdited: (world) => {
    const { keys, judge, random } = world;
    const key = random.pick([...keys.values.keys()].filter((one) => !judge.foreignKeys.has(one)));
    if (key === null) return null;
    const named = nameIn(key);
    if ('id' in named) judge.excused.add(named.id);
    if (random.chance(0.5)) keys.put(key, 'edited');
    else keys.delete(key);
    return `somebody edits ${key}`;
  },
  keysForeign: (world) => {
    for (const [key, value] of Object.entries(FOREIGN_KEYS)) {
      world.judge.foreignKeys.set(key, value);
      world.keys.put(key, value);
    }
    return 'somebody writes keys of his own';
  },
  tagsBroken: (world) => {
    const name = anyGroup(world);
    if (name === null) return null;
    const [tag, value] = world.random.oneOf(
      [TAG.service, 'web:http'] as const,
      [TAG.metadata, '=x'] as const,
      [TAG.drainSeconds, 'soon'] as const,
      [TAG.dnsTtl, '0'] as const,
    );
    for (const { id } of tag === TAG.drainSeconds ? world.fleet.of(name) : []) world.judge.excused.add(id);
    world.fleet.group(name).tags.set(tag, value);
    return `${name} has ${tag} = ${value}`;
  },
  deniedForAWhile: (world) => {
    const call = world.random.oneOf(
      'hosts.describeHosts',
      'joined.listByCluster',
      'joined.listByZone',
      'joined.listHooks',
      'joined.complete',
      'parameters.readAll',
      'parameters.write',
      'zones.listName',
      'zones.change',
      'zones.isInSync',
    );
    const seconds = world.random.whole(10, 120);
    world.denied.set(call, world.fleet.nowMs + seconds * 1_000);
    return `${call} is denied for ${seconds} s`;
  },
  quorumLost: (world) => {
    world.keys.hasQuorum = !world.keys.hasQuorum;
    return world.keys.hasQuorum ? 'etcd has a quorum again' : 'etcd has no quorum';
  },
  zoneBusy: (world) => {
    world.zone.busyCount = world.random.whole(1, 4);
    return 'the zone is busy';
  },
  zoneSlow: (world) => {
    world.zone.syncMs = world.random.whole(0, 45) * 1_000;
    return `name servers follow after ${world.zone.syncMs / 1_000} s`;
  },
  zoneUnknown: (world) => {
    const { zone, judge } = world;
    // Route 53 deletes a zone only when it is empty, so it comes back without a record.
    zone.records.clear();
    judge.foreignRecords.clear();
    zone.zone = zone.zone === 'unknown' ? { name: ZONE_NAME, isPrivate: false } : 'unknown';
    return zone.zone === 'unknown' ? 'the zone is deleted' : 'the zone is there again';
  },
  frozen: (world) => {
    const isFrozen = world.parameters.get(world.path('config'))?.includes('"frozen":true') === true;
    world.configure({ frozen: !isFrozen });
    return isFrozen ? `${CLUSTER} thaws` : `${CLUSTER} is frozen`;
  },
  clockJumps: (world) => {
    world.skewMs = world.random.whole(-90, 90) * 1_000;
    world.judge.hasSkew = true;
    return `clocks of functions are ${world.skewMs / 1_000} s ahead`;
  },
  groupUnlisted: (world) => {
    const name = anyGroup(world);
    // Looks that are a minute apart may tell the same as one that lasts.
    if (name === null || world.fleet.nowMs < world.hiddenUntilMs + 150_000) return null;
    const seconds = world.random.whole(5, 40);
    world.hide(name, seconds);
    return `lists leave ${name} out for ${seconds} s`;
  },
  coldStart: (world) => {
    world.functions.forget(world.random.oneOf('dns' as const, 'registry' as const));
    return 'a container ends';
  },
  scheduleRests: (world) => {
    const seconds = world.random.whole(60, 180);
    world.scheduleRestsUntilMs = world.fleet.nowMs + seconds * 1_000;
    return `no tick of the schedule for ${seconds} s`;
  },
};

/** What goes wrong with single events and calls for as long as the storm lasts. */
export const WEATHER = [
  'eventsLost',
  'eventsDoubled',
  'eventsLate',
  'throttled',
  'answersLost',
  'killed',
] as const;
export type Weather = (typeof WEATHER)[number];
