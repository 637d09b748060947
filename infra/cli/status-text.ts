import type { StatusAnswer } from '../../functions/membership/answer.ts';
import type { AnsweredFinding } from '../../functions/membership/answer-findings.ts';
import type {
  AnsweredHook,
  AnsweredInstance,
  AnsweredMember,
} from '../../functions/membership/answer-members.ts';
import { section, tableText, toldLine } from './table.ts';

/** The answer to `status` for people. */
export function statusText(answer: StatusAnswer): string {
  return [
    headText(answer),
    membersText(answer),
    lastKnownText(answer),
    section('hooks', answer.hooks.map(hookText)),
    section(
      'waits',
      answer.waits.map((wait) => toldLine(answer.cluster, wait)),
    ),
    // A function of an earlier version tells neither.
    answer.tolerates === undefined ? '' : toleranceText(answer.tolerates),
    section('findings', (answer.findings ?? []).map(findingText)),
  ].join('');
}

export const HEALTH_WORDS: Readonly<Record<StatusAnswer['health'], string>> = {
  healthy: 'healthy',
  degraded: 'degraded',
  quorumLost: 'no quorum answers',
  forming: 'forming',
  deleting: 'being deleted',
  unknown: 'unknown',
};

function headText({
  cluster,
  health,
  clusterId,
  leader,
  group,
  members,
  at,
  tolerates,
}: StatusAnswer): string {
  const voterCount = members.filter(({ role }) => role === 'voter').length;
  const facts = [
    group === null ? null : `group ${group.name} wants ${group.desiredCapacity}, ${voterCount} vote`,
    leader === null ? null : `leader ${leader}`,
    clusterId === null ? null : `cluster id ${hexOf(clusterId)}`,
    tolerates?.holds === true ? `gates are open, calm since ${tolerates.since ?? 'now'}` : null,
    at === null ? null : `looked at ${at}`,
  ];
  const told = facts.flatMap((fact) => (fact === null ? [] : [`  ${fact}\n`]));
  return `${cluster}: ${HEALTH_WORDS[health] ?? health}\n${told.join('')}`;
}

/** Why gates hold; nothing where they do not. */
const toleranceText = ({ shortfalls }: StatusAnswer['tolerates']): string =>
  section(
    'gates are shut',
    shortfalls.map(({ code, text, advice }) => `${code}: ${text}; ${advice}`),
  );

const HEADING = ['instance', 'role', 'answers', 'lag', 'version', 'member id', 'zone', 'client url'];

function membersText({ members, instances }: StatusAnswer): string {
  const others = instances.filter(({ memberId }) => memberId === null);
  if (members.length + others.length === 0) return '';
  const zones = new Map(instances.map(({ id, zone }) => [id, zone]));
  const rows = members.map((member) => memberRow(member, zones.get(member.instanceId ?? '') ?? '-'));
  return `\n${tableText([HEADING, ...rows, ...others.map((instance) => otherRow(instance, members))])}`;
}

const memberRow = (member: AnsweredMember, zone: string): readonly string[] => [
  member.instanceId ?? `${member.name || 'nameless'} (foreign)`,
  roleOf(member),
  member.answers ? 'yes' : 'no',
  member.lag ?? '-',
  member.version ?? '-',
  hexOf(member.id),
  zone,
  member.clientUrl ?? '-',
];

export function roleOf(member: AnsweredMember): string {
  if (!member.started) return `${member.role}, not started`;
  return member.isLeader ? 'leader' : member.role;
}

/** Of an instance without a member; where no member is known, that is unknown too. */
const otherRow = (instance: AnsweredInstance, members: readonly AnsweredMember[]): readonly string[] => [
  instance.id,
  members.length === 0 ? 'unknown' : `none, ${STAGES[instance.stage] ?? instance.stage}`,
  '-',
  '-',
  '-',
  '-',
  instance.zone,
  instance.address ?? '-',
];

export const STAGES: Readonly<Record<AnsweredInstance['stage'], string>> = {
  arriving: 'arriving',
  inService: 'in service',
  leaving: 'leaving',
  retained: 'retained after its hook',
  warm: 'in the warm pool',
  aside: 'set aside',
};

function lastKnownText({ lastKnown }: StatusAnswer): string {
  if (lastKnown === null) return '';
  const names = lastKnown.voters.map(({ name }) => name).join(', ');
  return section('last known', [`voters at ${lastKnown.at}: ${names || 'none'}`]);
}

function hookText({ instanceId, transition, ageSeconds }: AnsweredHook): string {
  const age = ageSeconds === null ? 'for an unknown time' : `for ${ageSeconds} s`;
  return `${instanceId} waits in its ${transition} hook ${age}`;
}

const findingText = ({ from, kind, subject, text, advice, severity }: AnsweredFinding): string =>
  `${severity === undefined ? '' : `${severity} `}${kind} (${from}): ${subject}: ${text}${advice === null ? '' : `; ${advice}`}`;

/** Ids as etcdctl shows them. */
function hexOf(id: string): string {
  return /^\d{1,20}$/.test(id) ? BigInt(id).toString(16) : id;
}
