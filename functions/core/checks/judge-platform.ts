import { isRecord, parseJson } from '../json.ts';
import { HOOK, KEY } from '../names.ts';
import { type Found, found } from './finding.ts';
import type { WholeHook } from './memory.ts';
import type { GroupSettings, Rule } from './ports.ts';
import type { ChecksWorld } from './world.ts';

/** What stands around the cluster: its group, its rules, its permit. */
export const judgePlatform = (checks: ChecksWorld): readonly Found[] => [
  ...judgeGroup(checks),
  ...(checks.rules === null ? [] : judgeRules(checks.cluster, checks.rules)),
  ...judgePermit(checks),
];

function judgeGroup({ settings, world }: ChecksWorld): readonly Found[] {
  if (settings === null || world === null || world.group.deleting) return [];
  return [
    ...judgeHooks(settings, world.config.frozen),
    ...judgeProcesses(settings, world.group.name),
    ...judgePolicies(settings, world.group.name),
  ];
}

/** As infra/cluster.yml has them: what a hook is put back with that was never seen whole. */
export const TEMPLATE_HOOKS: readonly WholeHook[] = (['launch', 'terminate'] as const).map((transition) => ({
  name: HOOK[transition],
  transition,
  heartbeatSeconds: 1_800,
  result: 'ABANDON',
  metadata: null,
  target: null,
  role: null,
}));

/** A heartbeat comes with each pass, most often every minute: with less than three of them a hook may run out. */
const HEARTBEAT_SECONDS_MIN = 180;

function judgeHooks({ hooks }: GroupSettings, isFrozen: boolean): readonly Found[] {
  return TEMPLATE_HOOKS.flatMap((wanted) => {
    const hook = hooks.find(({ name }) => name === wanted.name);
    if (hook === undefined) {
      const text = `the group has no hook ${wanted.name}: its instances come and go without being waited for`;
      return [found('hookMissing', wanted.name, text, { repair: isFrozen ? 'left' : 'repairing' })];
    }
    const evidence = { heartbeatSeconds: hook.heartbeatSeconds, result: hook.result };
    return isSound(hook, wanted)
      ? []
      : [
          found('hookEdited', hook.name, `the hook ${hook.name} was changed: ${mistakeOf(hook, wanted)}`, {
            evidence,
          }),
        ];
  });
}

const isSound = (hook: WholeHook, wanted: WholeHook): boolean => mistakeOf(hook, wanted) === null;

/** What makes it useless; `null`: nothing. Which heartbeat it has beyond that is the template's to choose. */
function mistakeOf(hook: WholeHook, wanted: WholeHook): string | null {
  if (hook.transition !== wanted.transition) return `it waits at ${hook.transition}`;
  if (hook.result === 'CONTINUE') return 'what nobody answered goes on';
  if (hook.heartbeatSeconds >= HEARTBEAT_SECONDS_MIN) return null;
  return `it waits for ${hook.heartbeatSeconds} seconds only`;
}

/** Hooks that nobody made yet, or that somebody deleted, with the values that they had when they were last seen. */
export const hooksToPut = ({ settings, world, memory }: ChecksWorld): readonly WholeHook[] =>
  settings === null || world === null || world.group.deleting || world.config.frozen
    ? []
    : TEMPLATE_HOOKS.filter(({ name }) => settings.hooks.every((hook) => hook.name !== name)).map(
        (wanted) => memory.hooks.find((seen) => seen.name === wanted.name && isSound(seen, wanted)) ?? wanted,
      );

/** The group's own hooks as the next look shall remember them: what is missing or useless now is remembered as it was. */
export const hooksSeen = ({ settings, memory }: ChecksWorld): readonly WholeHook[] =>
  TEMPLATE_HOOKS.flatMap((wanted) => {
    const now = settings?.hooks.find(({ name }) => name === wanted.name);
    if (now !== undefined && isSound(now, wanted)) return [now];
    return memory.hooks.find(({ name }) => name === wanted.name) ?? [];
  });

/** Without these a member is not launched, ended, found dead, or replaced. The others may rest. */
const NEEDED = ['Launch', 'Terminate', 'HealthCheck', 'ReplaceUnhealthy'];

const judgeProcesses = ({ suspended }: GroupSettings, groupName: string): readonly Found[] =>
  suspended
    .filter(({ process }) => NEEDED.includes(process))
    .map(({ process, reason }) =>
      found(
        'processSuspended',
        process,
        `the process ${process} of group ${groupName} is suspended: ${reason}`,
        {
          evidence: { group: groupName },
        },
      ),
    );

const OUR_POLICY = /:function:[^:]*termination-policy(?::|$)/;

function judgePolicies({ terminationPolicies }: GroupSettings, groupName: string): readonly Found[] {
  if (OUR_POLICY.test(terminationPolicies[0] ?? '')) return [];
  const text = `group ${groupName} chooses whom to end by ${terminationPolicies.join(', ') || 'its default'}, and does not ask the autopilot`;
  return [found('terminationPolicyMissing', groupName, text)];
}

function judgeRules(cluster: string, rules: readonly Rule[]): readonly Found[] {
  const works = (rule: Rule): boolean => rule.isEnabled && rule.isHeard;
  const schedule = rules.find(({ isSchedule }) => isSchedule);
  const hasSchedule = rules.some((rule) => rule.isSchedule && works(rule));
  const events = `etcd-autopilot-${cluster}-events`;
  const isThere = rules.some(({ name }) => name === events);
  return [
    ...(hasSchedule ? [] : [scheduleStopped(cluster, schedule)]),
    ...(isThere
      ? []
      : [found('eventsUnheard', events, `there is no rule ${events}: events of the group are not heard`)]),
    ...rules.filter((rule) => !rule.isSchedule && !rule.isEnabled).map(disabled),
    ...rules.filter((rule) => rule.name === events && rule.isEnabled && !rule.isHeard).map(deaf),
  ];
}

function scheduleStopped(cluster: string, schedule: Rule | undefined): Found {
  const name = schedule?.name ?? `etcd-autopilot-${cluster}-schedule`;
  const why =
    schedule === undefined
      ? 'there is none'
      : schedule.isEnabled
        ? 'it does not send to the queue of membership'
        : 'it is disabled';
  return found('scheduleStopped', name, `the schedule of cluster ${cluster} does not come: ${why}`);
}

const disabled = ({ name }: Rule): Found =>
  found(
    'eventsUnheard',
    name,
    `the rule ${name} is disabled: what it tells of is found a minute later, or not at all`,
  );

const deaf = ({ name }: Rule): Found =>
  found('eventsUnheard', name, `the rule ${name} does not send to the queue of membership for this cluster`);

/** No pass is longer, and no lease either. */
const PERMIT_AGE_MS_MAX = 120_000;

/** A permit lives under a lease for seconds. One that is old was written by hand: it stops all changes. */
function judgePermit({ permit, nowMs, cluster }: ChecksWorld): readonly Found[] {
  if (permit === null) return [];
  const value = parseJson(permit);
  const fields = isRecord(value) ? value : {};
  const sinceMs = Date.parse(String(fields['since']));
  const owner = typeof fields['owner'] === 'string' ? fields['owner'] : 'nobody that is known here';
  if (!Number.isNaN(sinceMs) && nowMs - sinceMs <= PERMIT_AGE_MS_MAX) return [];
  const since = Number.isNaN(sinceMs) ? 'some time' : new Date(sinceMs).toISOString();
  const text = `cluster ${cluster}: the permit for disruptions is held by ${owner} since ${since}, so nothing else may be changed`;
  return [found('permitHeld', KEY.disruption, text, { evidence: { owner }, severity: 'warning' })];
}
