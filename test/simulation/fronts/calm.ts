import { parseJoinedGroup } from '../../../functions/core/joined.ts';
import { KEY, PARAMETER, TAG } from '../../../functions/core/names.ts';
import {
  machineKey,
  machineValue,
  nameIn,
  serviceKey,
  serviceValue,
} from '../../../functions/core/registry/keys.ts';
import { isOurs } from './judge.ts';
import { type FrontsWorld, ZONE } from './world.ts';

/** What is not as it should be once nothing is wrong any more; counted anew, by nobody's plan. */
export function judgeCalm(world: FrontsWorld): readonly string[] {
  return [...waiting(world), ...wrongKeys(world), ...wrongRecords(world)];
}

function waiting({ fleet }: FrontsWorld): readonly string[] {
  const restless = fleet.instances.filter(
    ({ lifecycle, isAlive, health }) =>
      lifecycle !== 'Terminated' && (lifecycle !== 'InService' || !isAlive || health !== 'Healthy'),
  );
  return restless.map(({ id, lifecycle }) => `${id} is ${lifecycle}`);
}

function wrongKeys({ fleet, keys, judge }: FrontsWorld): readonly string[] {
  const wanted = new Map(judge.foreignKeys);
  // Somebody deleted the key of a machine that was gone: whose its services were, nothing tells any more.
  const isOrphan = (key: string): boolean => {
    const named = nameIn(key);
    return named.kind === 'service' && judge.excused.has(named.id) && !keys.values.has(machineKey(named.id));
  };
  for (const [name, { tags, desired, deleting }] of fleet.groups) {
    const scaling = { name, desiredCapacity: desired, deleting, tags, hasWarmPool: false, instances: [] };
    const group = parseJoinedGroup(scaling);
    for (const instance of fleet.inService(name)) {
      const host = fleet.hostOf(instance);
      if (host === 'notFound' || host.privateIp === null) continue;
      wanted.set(machineKey(instance.id), machineValue(host, group));
      for (const service of group.services)
        wanted.set(serviceKey(service, instance.id), serviceValue(host.privateIp, service));
    }
  }
  const ours = [...keys.values].filter(
    ([key]) => nameIn(key).kind !== 'other' || key.startsWith(KEY.services),
  );
  const others = [...wanted].filter(([key, value]) => keys.values.get(key) !== value);
  return [
    ...ours.filter(([key]) => !wanted.has(key) && !isOrphan(key)).map(([key]) => `${key} is left`),
    ...others.map(([key, value]) => `${key} is "${keys.values.get(key)}" instead of "${value}"`),
  ];
}

function wrongRecords({ fleet, zone, judge }: FrontsWorld): readonly string[] {
  const wanted = new Map<string, string>();
  // When the last of our records went, our mark went too: who still has a record there has the name.
  const isTaken = (name: string): boolean =>
    [...judge.foreignRecords.values()].some((record) => record.name === name) &&
    zone.at(`_etcd-autopilot.${name}`).length === 0;
  for (const [name, { tags }] of fleet.groups) {
    const record = tags.get(TAG.dnsName)?.replace(/\.$/, '');
    const kind = tags.get(TAG.dnsAddress) === 'public' ? 'publicIp' : 'privateIp';
    if (record === undefined || isTaken(record)) continue;
    for (const instance of fleet.inService(name)) {
      const host = fleet.hostOf(instance);
      if (host !== 'notFound') wanted.set(`${record} ${instance.id}`, host[kind] ?? '');
    }
  }
  const found = new Map(
    [...zone.records.values()]
      .filter(isOurs)
      .map(({ name, setIdentifier, values }) => [`${name} ${setIdentifier}`, values.join()]),
  );
  const gone = [...judge.foreignRecords].filter(([key, record]) => zone.records.get(key) !== record);
  return [
    ...[...found].filter(([key]) => !wanted.has(key)).map(([key]) => `the record ${key} is left`),
    ...[...wanted]
      .filter(([key, value]) => found.get(key) !== value)
      .map(([key, value]) => `the record ${key} is "${found.get(key)}" instead of "${value}"`),
    ...gone.map(([key]) => `the foreign record ${key} is gone`),
  ];
}

/** The cluster is deleted as its stack does it: the intent, then the groups, then its parameters. */
export async function judgeDeleted(world: FrontsWorld): Promise<void> {
  const { fleet, parameters, path, judge, zone } = world;
  await world.pass(65); // a busy function may still finish what it saw before
  parameters.set(path(PARAMETER.teardown), '{}');
  await world.pass(65);
  const before = world.keys.commits.length;
  for (const group of fleet.groups.values()) group.deleting = true;
  await world.pass(5 * 60);
  for (const name of [...parameters.keys()]) if (!name.includes(`/${PARAMETER.dns}`)) parameters.delete(name);
  await world.pass(6 * 60);
  const left = fleet.instances.filter(({ lifecycle }) => lifecycle !== 'Terminated');
  for (const { id, lifecycle } of left) judge.blame(`after the deletion: ${id} is ${lifecycle}`);
  if (world.keys.commits.length !== before) judge.blame('after the deletion: keys were written');
  const ours = [...zone.records.values()].filter(isOurs);
  for (const { name, setIdentifier } of ours)
    judge.blame(`after the deletion: ${name} ${setIdentifier} is left`);
  const told = [...parameters.keys()].filter((name) => name !== path(`${PARAMETER.dns}${ZONE}`));
  for (const name of told) judge.blame(`after the deletion: the parameter ${name} came back (S54)`);
}
