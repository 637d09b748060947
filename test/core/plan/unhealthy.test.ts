import { describe, expect, test } from 'vitest';
import { type Memory, NO_MEMORY } from '../../../functions/core/memory.ts';
import type { Instance, Member, Silence } from '../../../functions/core/observation.ts';
import type { Plan, Wait } from '../../../functions/core/plan/plan.ts';
import { planUnhealthy, REPORTS_MAX, recentReports } from '../../../functions/core/plan/unhealthy.ts';
import { silenceKey } from '../../../functions/core/silence.ts';
import {
  id,
  instance,
  launching,
  learner,
  member,
  memberId,
  NOW_MS,
  observation,
  type Parts,
  silent,
  terminating,
  view,
} from '../../support/observations.ts';

/** Voter 3 of three is silent since `seconds`. */
interface Case extends Omit<Parts, 'view' | 'members'> {
  readonly seconds?: number;
  readonly because?: Silence;
  readonly memory?: Partial<Memory>;
  readonly members?: readonly Member[];
}

const DUE = 300;

function plan({ seconds = DUE, because = 'deadline', memory = {}, ...parts }: Case): Plan {
  const members = parts.members ?? [member(1), member(2), member(3, { answers: false, silence: because })];
  const silentSinceMs = Object.fromEntries(
    members.flatMap((one) =>
      one.answers
        ? []
        : (['hung', 'restarting'] as const).map((kind) => [silenceKey(one, kind), NOW_MS - seconds * 1_000]),
    ),
  );
  const unheard = new Map(members.map((one) => [one.id, false] as const));
  const world = observation({
    ...parts,
    pass: { leaderHears: unheard, ...parts.pass },
    view: view(members, { memory: { ...NO_MEMORY, silentSinceMs, ...memory } }),
  });
  return planUnhealthy(world, world.etcd.view ?? view([]));
}

const counted = (n = 3): Partial<Memory> => ({ reportedAtMs: { [id(n)]: NOW_MS } });
const kinds = ({ actions }: Plan) => actions.map(({ kind }) => kind);
const nextOf = ({ waits }: Plan) =>
  waits.flatMap((wait: Wait) => (wait.kind === 'voterSilent' ? wait.next : []));
const group3 = (over: Partial<Instance>) => [instance(1), instance(2), instance(3, over)];

describe('a voter that is silent on an instance in service', () => {
  test('is waited for while its database may still be rewritten', () => {
    const begun = (minutesAgo: number) => ({
      defragmentedAtMs: { [memberId(3)]: NOW_MS - minutesAgo * 60_000 },
    });
    expect(kinds(plan({ memory: begun(19), seconds: 1_100 }))).toEqual([]);
    expect(kinds(plan({ memory: begun(21), seconds: 1_260 }))).toEqual(['remember']);
  });

  test('is counted first and reported then, once its grace is over', () => {
    expect(kinds(plan({}))).toEqual(['remember']);
    expect(plan({}).actions).toMatchObject([{ memory: { reportedAtMs: { [id(3)]: NOW_MS } } }]);
    expect(plan({ memory: counted() }).actions).toEqual([
      { kind: 'reportUnhealthy', memberId: memberId(3), instanceId: id(3), because: 'silent' },
    ]);
  });

  test('is waited for until then, and the wait says why it is silent', () => {
    const given = plan({ seconds: DUE - 1, because: 'unreachable' });
    expect(given.actions).toEqual([]);
    expect(given.waits).toEqual([
      {
        kind: 'voterSilent',
        memberId: memberId(3),
        instanceId: id(3),
        because: 'unreachable',
        next: 'grace',
      },
    ]);
  });

  test('is kept where its boot script reports wrong certificates, which another machine would have, too', () => {
    const report = { instanceId: id(3), kind: 'bad-certificates', memberId: memberId(3) } as const;
    const given = (over: object) => {
      const records = { reports: [{ ...report, ...over }] };
      return plan({ because: 'refused', seconds: 3_600, memory: counted(), records });
    };
    expect(given({}).actions).toEqual([]);
    expect(nextOf(given({}))).toEqual(['kept']);
    expect(kinds(given({ memberId: '4711' }))).toEqual(['reportUnhealthy']);
    expect(kinds(given({ instanceId: id(2) }))).toEqual(['reportUnhealthy']);
  });

  test('on a machine that refuses the connection has the longer grace of a restart', () => {
    expect(nextOf(plan({ seconds: 899, because: 'refused' }))).toEqual(['grace']);
    expect(nextOf(plan({ seconds: 900, because: 'refused' }))).toEqual(['due']);
  });

  test.each(['deadline', 'unreachable', 'refused'] as const)(
    'is reported only when the leader does not hear from it either (%s)',
    (because) => {
      const memory = counted();
      const nextWhere = (pass: Case['pass'] & {}) => {
        const given = plan({ because, memory, pass, seconds: 900 });
        expect(given.actions).toEqual([]);
        return nextOf(given);
      };
      expect(nextWhere({ leaderHears: new Map() })).toEqual(['asking']);
      expect(nextWhere({ leaderHears: new Map(), isLeaderMute: true })).toEqual(['unconfirmed']);
      expect(nextWhere({ leaderHears: new Map([[memberId(3), true]]) })).toEqual(['heard']);
      expect(kinds(plan({ because, memory, seconds: 900 }))).toEqual(['reportUnhealthy']);
    },
  );

  test.each(['cutOff'] as const)(
    'needs no second witness where the machine itself says so (%s)',
    (because) => {
      const given = plan({ because, seconds: 900, memory: counted(), pass: { leaderHears: new Map() } });
      expect(kinds(given)).toEqual(['reportUnhealthy']);
    },
  );

  test.each(['denied', 'untrusted', 'failed', 'alarmed', 'notAsked'] as const)(
    'is never reported for a silence that another machine would share (%s)',
    (because) => {
      const given = plan({ because, seconds: 86_400, memory: counted() });
      expect(given.actions).toEqual([]);
      expect(nextOf(given)).toEqual(['kept']);
    },
  );

  test('is not reported before the memory knows since when, nor under the memory of a newer version', () => {
    expect(nextOf(plan({ memory: { silentSinceMs: {} } }))).toEqual(['grace']);
    expect(plan({ memory: { ours: false } }).actions).toEqual([]);
  });

  test('is not reported while those that stay could not commit', () => {
    const members = [member(1), member(2), silent(3), silent(4), silent(5)];
    const instances = [1, 2, 3, 4, 5].map((n) => instance(n));
    const given = plan({ members, instances });
    expect(given.actions).toEqual([]);
    expect(given.waits.map(({ kind }) => kind)).toContain('quorumAtRisk');
  });

  test('waits while another one leaves', () => {
    const members = [member(1), member(2), silent(3), member(4)];
    const dying = terminating(4, { ending: 'spotInterruption' });
    const given = plan({ members, instances: [...group3({}), dying], memory: counted() });
    expect(given.actions).toEqual([]);
    expect(nextOf(given)).toEqual(['queued']);
  });

  test('does not wait for one that leaves by choice and is held for its sake', () => {
    const members = [member(1), member(2), silent(3), member(4)];
    const given = plan({ members, instances: [...group3({}), terminating(4)], memory: counted() });
    expect(kinds(given)).toEqual(['reportUnhealthy']);
  });

  test('waits while a silent one leaves: nobody holds that one back', () => {
    const members = [member(1), member(2), silent(3), silent(4), member(5), member(6)];
    const instances = [...group3({}), terminating(4), instance(5), instance(6)];
    expect(nextOf(plan({ members, instances, memory: counted() }))).toEqual(['queued']);
  });

  test('waits while another silent one is being replaced, and not for one that answers', () => {
    const instances = [...group3({}), instance(4, { isUnhealthy: true }), instance(5)];
    const with4 = (four: Member) =>
      plan({ members: [member(1), member(2), silent(3), four, member(5)], instances, memory: counted() });
    expect(kinds(with4(silent(4)))).toEqual([]);
    expect(kinds(with4(member(4)))).toEqual(['reportUnhealthy']);
  });

  test('is abandoned in its launch hook, where the group asks nobody for its health', () => {
    const instances = [instance(1), instance(2), launching(3)];
    expect(plan({ instances, memory: counted() }).actions).toMatchObject([
      { kind: 'answerHook', result: 'ABANDON', hook: { instanceId: id(3) } },
    ]);
    expect(kinds(plan({ instances }))).toEqual(['remember']);
    expect(plan({ instances, seconds: DUE - 1, memory: counted() }).actions).toEqual([]);
  });

  test('that was reported and called healthy again is not reported without end', () => {
    const reportedAtMs = { [id(3)]: NOW_MS - 600_001 };
    const given = plan({ memory: { reportedAtMs } });
    expect(given.actions).toEqual([]);
    expect(nextOf(given)).toEqual(['vetoed']);
  });

  test('does not wait for a leaver that is held because of it', () => {
    const given = plan({
      members: [member(1), member(2), silent(3)],
      instances: [instance(1), terminating(2), instance(3)],
      memory: counted(),
    });
    expect(kinds(given)).toEqual(['reportUnhealthy']);
  });

  test.each(['aside', 'arriving'] as const)('is left alone where its instance stands %s', (stage) => {
    const given = plan({ instances: group3({ stage }), memory: counted() });
    expect(given.actions).toEqual([]);
    expect(nextOf(given)).toEqual(['kept']);
  });

  test('is somebody else’s matter where its instance leaves, and none where it is a learner', () => {
    expect(plan({ instances: [instance(1), instance(2), terminating(3)] }).waits).toEqual([]);
    expect(plan({ members: [member(1), member(2), learner(3, { answers: false })] }).waits).toEqual([]);
  });
});

test('after some reports in a day nobody is reported any more, and a person is asked', () => {
  const reportedAtMs = Object.fromEntries(
    Array.from({ length: REPORTS_MAX }, (_, n) => [id(n + 10), NOW_MS]),
  );
  const given = plan({ memory: { reportedAtMs } });
  expect(given.actions).toEqual([]);
  expect(given.waits).toContainEqual({
    kind: 'replacementsExhausted',
    instanceId: id(3),
    count: REPORTS_MAX,
  });
  expect(recentReports({ [id(1)]: NOW_MS - 86_400_000, [id(2)]: NOW_MS - 86_399_999 }, NOW_MS)).toEqual({
    [id(2)]: NOW_MS - 86_399_999,
  });
});

describe('a voter whose instance the group counts as unhealthy', () => {
  const reported = group3({ isUnhealthy: true });

  test('is waited for while the group replaces it', () => {
    const given = plan({ instances: reported, memory: counted() });
    expect(given.actions).toEqual([]);
    expect(nextOf(given)).toEqual(['overdue']);
  });

  test('is ended where its replacement is there, and waits for it', () => {
    const ended = { kind: 'endInstance', instanceId: id(3), memberId: memberId(3), because: 'silent' };
    expect(plan({ instances: [...reported, launching(4)] }).actions).toEqual([ended]);
    const members = [member(1), member(2), silent(3), learner(4)];
    expect(plan({ instances: [...reported, launching(4)], members }).actions).toEqual([ended]);
  });

  test('is not ended within its grace, nor while the leader hears from it: others call instances unhealthy, too', () => {
    const instances = [...reported, launching(4)];
    expect(nextOf(plan({ instances, seconds: DUE - 1 }))).toEqual(['replaced']);
    const heard = { leaderHears: new Map([[memberId(3), true]]) };
    expect(plan({ instances, pass: heard }).actions).toEqual([]);
    expect(plan({ instances, seconds: DUE - 1 }).actions).toEqual([]);
  });

  test('is ended although another silent one is unhealthy, too: neither waits for the other', () => {
    const members = [member(1), member(2), member(5), silent(3), silent(4)];
    const instances = [...reported, instance(4, { isUnhealthy: true }), instance(5), launching(6)];
    expect(kinds(plan({ members, instances }))).toEqual(['endInstance', 'endInstance']);
  });

  test('is not ended while another one leaves, or those that stay could not commit', () => {
    const instances = [...reported, launching(4), terminating(5)];
    expect(plan({ instances }).actions).toEqual([]);
    const members = [member(1), silent(2), silent(3)];
    const both = plan({ instances: [...reported, launching(4)], members });
    expect(kinds(both)).not.toContain('endInstance');
  });
});
