import type { InstanceId } from '../identity.ts';
import { lagOf } from '../lag.ts';
import { type Member, type MemberView, type Observation, votersOf } from '../observation.ts';
import { newcomersOf } from '../plan/newcomers.ts';
import { quorumOf } from '../quorum.ts';
import { nameOf } from '../tolerance-sight.ts';
import { parseVersion } from '../versions.ts';
import { judgeVersion } from './bad-versions.ts';
import { type Found, found } from './finding.ts';
import type { ChecksWorld } from './world.ts';

/** Who votes, where, how far and in which version; nothing where no voter answers, which is told as a wait. */
export function judgeMembers(checks: ChecksWorld): readonly Found[] {
  const { world } = checks;
  const view = world?.etcd.view ?? null;
  if (world === null || view === null) return [];
  return [
    ...judgeCount(world, view),
    ...judgeLag(world, view),
    ...judgeZones(checks, world, view),
    ...judgeVersions(view),
    ...judgeRefused(world),
  ];
}

/** Fewer voters than the group wants bear fewer failures; one failure less than none is worth a warning. */
function judgeCount({ group }: Observation, view: MemberView): readonly Found[] {
  const voters = votersOf(view.members);
  const answering = voters.filter(({ answers }) => answers).length;
  const wanted = group.desiredCapacity;
  if (voters.length >= wanted) return [];
  const bears = answering - quorumOf(voters.length);
  return [
    found(
      'tooFewVoters',
      group.name,
      `${voters.length} of ${wanted} voters are there, which bear ${Math.max(0, bears)} failures`,
      {
        evidence: { voters: voters.length, wanted, answering },
        severity: bears < 1 ? 'warning' : 'notice',
      },
    ),
  ];
}

function judgeLag({ config }: Observation, view: MemberView): readonly Found[] {
  return votersOf(view.members).flatMap((voter) => {
    const lag = voter.answers ? lagOf(view, voter) : null;
    if (lag === null || lag <= BigInt(config.gate.maxLag)) return [];
    const text = `voter ${nameOf(voter)} is ${lag} entries behind the leader, more than ${config.gate.maxLag}`;
    return [found('voterBehind', nameOf(voter), text, { evidence: { lag: String(lag) } })];
  });
}

/**
 * A zone that holds a majority takes the quorum with it. Where the group could spread its voters better, that is
 * worth telling; while somebody joins or leaves it is not.
 */
function judgeZones({ settings }: ChecksWorld, world: Observation, view: MemberView): readonly Found[] {
  const voters = votersOf(view.members);
  const zones = settings?.zones ?? [];
  const isMoving = voters.length !== world.group.desiredCapacity || newcomersOf(world, view).length > 0;
  if (zones.length < 2 || voters.length < 3 || isMoving) return [];
  const fair = Math.ceil(voters.length / zones.length);
  return [...Map.groupBy(voters, (voter) => zoneOf(world, voter))].flatMap(([zone, own]) =>
    zone === null || own.length <= fair
      ? []
      : [
          found('zonesUnbalanced', zone, zoneText(zone, own, voters.length), {
            evidence: { voters: own.map(nameOf).join(','), fair, zones: zones.join(',') },
          }),
        ],
  );
}

const zoneText = (zone: string, own: readonly Member[], count: number): string =>
  own.length >= quorumOf(count)
    ? `${own.length} of ${count} voters run in ${zone}: without that zone there is no quorum`
    : `${own.length} of ${count} voters run in ${zone}, more than need to`;

const zoneOf = ({ instances }: Observation, { instanceId }: Member): string | null =>
  instances.find(({ id }) => id === instanceId)?.zone ?? null;

function judgeVersions(view: MemberView): readonly Found[] {
  const told = view.members.filter(
    (member): member is Member & { version: string } => member.version !== null,
  );
  const byVersion = [...Map.groupBy(told, ({ version }) => version)].sort(([a], [b]) => (a < b ? -1 : 1));
  const known = byVersion.flatMap(([version, members]) => judgeVersion(version, members.map(nameOf)));
  return [...known, ...judgeSkew(byVersion.map(([version]) => version))];
}

/** Normal during an update; two minors apart never. */
function judgeSkew(versions: readonly string[]): readonly Found[] {
  if (versions.length < 2) return [];
  const minors = versions.flatMap((version) => parseVersion(version)?.minor ?? []);
  const isFar = Math.max(...minors) - Math.min(...minors) > 1;
  const text = `its members run ${versions.join(' and ')}`;
  return [found('versionsDiffer', versions.join(','), text, isFar ? { severity: 'warning' } : {})];
}

/** Whose etcd is there and does not let us, although others answer: the plan tells of it only where nobody does. */
const judgeRefused = ({ etcd, cluster }: Observation): readonly Found[] =>
  etcd.turnedAway.map(({ instanceId, because }) => {
    const text =
      because === 'denied'
        ? `cluster ${cluster}: etcd on ${instanceId} does not know the autopilot's user`
        : `cluster ${cluster}: the certificates of etcd on ${instanceId} and of the autopilot do not fit each other`;
    return found('accessRefused', instanceId, text, { evidence: { because } });
  });

/** Instances of the voters, sorted. */
export const voterIds = (view: MemberView): readonly InstanceId[] =>
  votersOf(view.members)
    .flatMap(({ instanceId }) => instanceId ?? [])
    .sort();
