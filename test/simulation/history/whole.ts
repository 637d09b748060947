import { quorumOf } from '../../../functions/core/quorum.ts';
import { canRestore } from '../etcd/versions.ts';
import { readJson } from '../rules/truth.ts';
import { type FakeInstance, type FakeWorld, PATH } from '../world/fake-world.ts';

/** What a history ends in when nothing disturbs it any more. */
export type End = 'whole' | 'deleted' | 'lost';

/** The cluster formed, and of its voters' disks no majority is left: nobody can bring it back but a person. */
export function isLost(world: FakeWorld): boolean {
  const voters = world.etcd.voters();
  if (world.etcd.clusterId === null) return false;
  return voters.filter((voter) => isKept(world, voter.id)).length < quorumOf(voters.length);
}

/** Somebody could bring it back: its etcd can restore what it has lost, and there is something to restore. */
export function isRecoverable(world: FakeWorld): boolean {
  const { etcd, bucket } = world;
  if (!canRestore(etcd.newVersion ?? etcd.version) || world.desired === 0) return false;
  // A voter of somebody else may hold more than anybody, and nobody can say that it is lost.
  const told: unknown = readJson(world.parameters.get(`${PATH}status`))?.['voters'];
  const published: readonly unknown[] = Array.isArray(told) ? told : [];
  const names = [...etcd.voters(), ...published].map((one) => String(Object(one).name));
  if (names.some((name) => world.instances.every(({ id }) => id !== name))) return false;
  const hasSurvivor = etcd.voters().some(({ id }) => isKept(world, id) && !etcd.space.corrupt.has(id));
  return hasSurvivor || [...bucket.objects.values()].some(({ snapshot }) => snapshot !== null);
}

const isKept = (world: FakeWorld, memberId: string): boolean =>
  world.instances.some(({ state, disk }) => state === 'running' && disk === memberId);

export function endOf(world: FakeWorld): End {
  // Once everything is deleted, the intent is, too.
  if (world.isTearingDown() || world.parameters.size === 0) return 'deleted';
  return isLost(world) ? 'lost' : 'whole';
}

/** What is still missing at the end, in words; none: it is as it must be. */
export function missingFor(world: FakeWorld, end: End): readonly string[] {
  if (end === 'deleted') return missingForDeletion(world);
  if (end === 'lost') return isRecoverable(world) ? ['it is lost, and could be recovered'] : [];
  return missingForWhole(world);
}

function missingForDeletion(world: FakeWorld): readonly string[] {
  const listed = listedOf(world);
  return [
    ...(listed.length === 0 ? [] : [`${listed.map(({ id }) => id)} is held back`]),
    ...(world.parameters.size === 0 ? [] : [`${[...world.parameters.keys()]} is left`]),
  ];
}

const listedOf = (world: FakeWorld): readonly FakeInstance[] =>
  world.instances.filter(({ listed }) => listed);

function missingForWhole(world: FakeWorld): readonly string[] {
  const listed = listedOf(world);
  const ids = listed.map(({ id }) => id).sort();
  const urls = listed.map((instance) => world.clientUrl(instance)).sort();
  const peers = world.etcd.members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).sort();
  return [
    ...listed
      .filter(({ lifecycle }) => lifecycle !== 'InService')
      .map(({ id, lifecycle }) => `${id} is ${lifecycle}`),
    ...unequal('instances', String(listed.length), String(world.desired)),
    ...unequal('voters', String(world.voters()), String(ids)),
    ...unequal('members', String(world.etcd.members.length), String(ids.length)),
    ...unequal('endpoints', world.parameters.get(`${PATH}endpoints`), urls.join(',')),
    ...unequal('peers', world.parameters.get(`${PATH}peers`), peers.join(',')),
    ...unequal('tickets', String(namesUnder(world, 'members/')), String(ids)),
    ...unequal('reports', String(namesUnder(world, 'reports/')), ''),
    ...world.etcd.members.filter((member) => !world.etcd.runs(member)).map(({ id }) => `${id} does not run`),
  ];
}

const unequal = (what: string, found: string | undefined, wanted: string): readonly string[] =>
  found === wanted ? [] : [`${what} are "${found ?? ''}" instead of "${wanted}"`];

const namesUnder = (world: FakeWorld, folder: string): readonly string[] =>
  [...world.parameters.keys()]
    .filter((name) => name.startsWith(PATH + folder))
    .map((name) => name.slice(PATH.length + folder.length))
    .sort();
