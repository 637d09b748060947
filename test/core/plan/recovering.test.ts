import { describe, expect, test } from 'vitest';
import type { Observation } from '../../../functions/core/observation.ts';
import { planCluster } from '../../../functions/core/plan/cluster.ts';
import { candidatesIn, planFence } from '../../../functions/core/plan/fencing.ts';
import type { Action } from '../../../functions/core/plan/plan.ts';
import { planRecovering } from '../../../functions/core/plan/recovering.ts';
import type { RecoveryStep } from '../../../functions/core/plan/recovery-step.ts';
import { applied } from '../../support/applied.ts';
import { AT, CAPTURED, cleared, GONE, lost, RECORD, statusOf, withClaim } from '../../support/lost-worlds.ts';
import { id, instance, launching, machine, NOW_MS, terminating } from '../../support/observations.ts';

const stepOf = (world: Observation): RecoveryStep | string | undefined => {
  const wait = planCluster(world).waits[0];
  return wait?.kind === 'recovering' ? wait.step : wait?.kind;
};
const kinds = (actions: readonly Action[]) => actions.map(({ kind }) => kind);

describe('a recovery goes step by step, and no step comes before the one before is proved', () => {
  test('from the decision to the founder’s ticket', () => {
    let world = lost();
    const done: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      const [next] = planCluster(world).actions.filter(({ kind }) => kind !== 'publishStatus');
      if (next === undefined) break;
      done.push(next.kind);
      world = applied(world, next);
      if (next.kind === 'askCapture')
        world = {
          ...world,
          records: { ...world.records, recovery: { ...world.records.recovery, captured: CAPTURED } },
        };
      if (next.kind === 'answerHook') world = cleared(world.records.recovery);
    }
    expect(done).toEqual([
      'startRecovery',
      'askCapture',
      'fenceInstance',
      'answerHook',
      'claimRecovered',
      'tagGroup',
      'writeClaim',
      'writeTicket',
    ]);
    expect(world.records.tickets.get(id(4))).toMatchObject({
      state: 'ticket',
      claim: 2,
      start: { initialState: 'new', restore: { uri: `s3://snapshots/${CAPTURED.key}` } },
    });
    expect(stepOf(world)).toBe('restoring');
    expect(world.records.tickets.get(id(5))).toBeUndefined();
  });

  test('nobody is ended before the copy is there, and it is asked for once in a pass', () => {
    const world = lost({ latest: RECORD });
    expect(kinds(planRecovering(world, RECORD).actions)).toEqual(['askCapture']);
    const asked = { ...world, pass: { ...world.pass, captureAsked: true } };
    expect(kinds(planRecovering(asked, RECORD).actions)).toEqual([]);
  });

  test.each(['running', 'stopping', 'stopped', 'shutting-down', 'pending'] as const)(
    'nobody is founded while a fenced machine is %s',
    (state) => {
      const world = cleared(
        {},
        { machines: new Map([...cleared().machines, [id(3), machine(3, { state })]]) },
      );
      expect(stepOf(world)).toBe('fencing');
      expect(kinds(planCluster(world).actions)).not.toContain('claimRecovered');
    },
  );

  test('nobody is founded while a fenced machine is not told of, or was not found only just now', () => {
    const { machines } = cleared();
    expect(stepOf(cleared({}, { machines: new Map([...machines].filter(([one]) => one !== id(3))) }))).toBe(
      'fencing',
    );
    const missing = new Map([...machines, [id(3), { kind: 'notFound' } as const]]);
    expect(stepOf(cleared({}, { machines: missing }))).toBe('fencing');
    const notes = { notFoundSinceMs: { [id(3)]: NOW_MS - 60_000 }, reportedSinceMs: {} };
    expect(stepOf(cleared({ notes }, { machines: missing }))).toBe('founder');
  });

  test('nobody is founded while somebody else shows an etcd', () => {
    const world = cleared();
    const statuses = new Map([[id(9), statusOf(9)]]);
    expect(stepOf({ ...world, etcd: { ...world.etcd, statuses } })).toBe('blocked');
  });

  test.each([
    [
      'has a ticket',
      { records: { ...cleared().records, ticketNames: [`members/${id(4)}`, `members/${id(5)}`] } },
    ],
    ['has no address', { instances: [launching(4, { address: null })] }],
    ['does not wait in its launch hook', { instances: [launching(4, { waitsIn: null }), instance(5)] }],
    [
      'was let go in this pass',
      { instances: [launching(4)], pass: { ...cleared().pass, answeredHooks: new Set([`launch:${id(4)}`]) } },
    ],
  ])('who %s is no founder', (_why, over) => {
    expect(kinds(planCluster(cleared({}, over)).actions)).not.toContain('claimRecovered');
    expect(stepOf(cleared({}, over))).toBe('founder');
  });

  test('a later claim has the tag: an old reading puts nothing in its place', () => {
    const world = withClaim(2);
    expect(stepOf({ ...world, group: { ...world.group, bootstrapped: 3 } })).toBe('formerCluster');
  });
});

describe('a founder that is lost', () => {
  test('is ended and waited for, then another follows', () => {
    const leaving = { ...withClaim(2), instances: [terminating(4), launching(5)] };
    expect(stepOf(leaving)).toBe('fencing');
    expect(kinds(planCluster(leaving).actions)).toContain('answerHook');
    const over = {
      ...leaving,
      instances: [launching(5)],
      machines: new Map([...leaving.machines, [id(4), GONE]]),
    };
    expect(planCluster(over).actions[0]).toMatchObject({
      kind: 'claimRecovered',
      number: 3,
      instanceId: id(5),
    });
  });

  test('is followed by nobody where somebody is in service: its cluster may have lived', () => {
    const world = withClaim(2);
    const over = {
      ...world,
      instances: [instance(5)],
      machines: new Map([...world.machines, [id(4), GONE]]),
    };
    expect(stepOf(over)).toBe('blocked');
  });

  test('is ended where another source was chosen since', () => {
    const world = withClaim(2);
    const source = {
      how: 'from-snapshot',
      key: 'b.db',
      at: AT,
      revision: '5',
      sha256: 'b'.repeat(64),
      sizeBytes: 5,
      restorable: true,
    } as const;
    const recovery = { ...world.records.recovery, latest: { ...RECORD, attempt: 2, source } };
    const changed = { ...world, records: { ...world.records, recovery } };
    expect(planCluster(changed).actions).toContainEqual(
      expect.objectContaining({ kind: 'answerHook', result: 'ABANDON', because: 'fenced' }),
    );
  });

  test('tells why it cannot bring the data back', () => {
    const world = withClaim(2);
    const reports = [
      { instanceId: id(4), kind: 'restore-failed', memberId: '1', reason: 'another checksum' } as const,
    ];
    const wait = planCluster({ ...world, records: { ...world.records, reports } }).waits[0];
    expect(wait).toMatchObject({ step: 'restoreFailing', because: 'another checksum' });
  });
});

describe('a recovery after another one', () => {
  const bumpOf = (world: Observation) => {
    const [action] = planRecovering(world, { ...RECORD, number: 3 }).actions;
    return action?.kind === 'claimRecovered' ? action.bump : null;
  };
  const former = withClaim(2).records.recovery.claims;

  test('raises what is older than the first one past all that came of the first one', () => {
    const world = cleared({ latest: { ...RECORD, number: 3 }, claims: former });
    // The first began at 400 and was raised once; 400 raised once more would be a revision that it was at before.
    expect(bumpOf(world)).toBe(2_000_000_000);
    expect(bumpOf(cleared({ latest: { ...RECORD, number: 3 } }))).toBe(1_000_000_000);
  });

  test('raises it by the same for its next founder', () => {
    const made = [...former.values()].map((claim) => ({ ...claim, number: 3, recovery: 3 }));
    const claims = new Map([...former, ...made.map((claim) => [3, claim] as const)]);
    const over = new Map([...cleared().machines, [id(4), GONE]]);
    const world = cleared({ latest: { ...RECORD, number: 3 }, claims }, { machines: over });
    const instances = world.instances.filter((one) => one.id !== id(4));
    expect(bumpOf({ ...world, instances })).toBe(2_000_000_000);
  });
});

describe('fencing', () => {
  const fence = (world: Observation) => planFence(world, 2, id(3)).actions;
  const having = (one: Observation['instances'][number]) => lost({}, { instances: [one] });

  test('lets go of hooks, ends what is in service or stands aside, and leaves the rest to a person', () => {
    expect(fence(having(terminating(3)))).toMatchObject([{ result: 'CONTINUE', because: 'fenced' }]);
    expect(fence(having(launching(3)))).toMatchObject([{ result: 'ABANDON', because: 'fenced' }]);
    expect(kinds(fence(having(instance(3, { stage: 'aside' }))))).toEqual(['fenceInstance']);
    for (const stage of ['retained', 'arriving', 'leaving', 'warm'] as const)
      expect(fence(having(instance(3, { stage })))).toEqual([]);
    expect(fence(lost({}, { instances: [] }))).toEqual([]);
  });

  test('a newcomer that is fenced is nobody’s replacement', () => {
    const { instances } = lost();
    const waiting = candidatesIn({ ...lost(), instances }, { ...RECORD, fenced: [id(3), id(4)] });
    expect(waiting.map((one) => one.id)).toEqual([id(5)]);
  });

  test('keeps who shows its data until a newcomer waits, or the group is full', () => {
    const world = lost({ latest: RECORD, captured: CAPTURED });
    const alone = { ...world, instances: [instance(3)] };
    expect(kinds(planRecovering(alone, RECORD).actions)).toEqual([]);
    const silent = { ...alone, etcd: { ...alone.etcd, statuses: new Map() } };
    expect(kinds(planRecovering(silent, RECORD).actions)).toEqual(['fenceInstance']);
    const full = { ...alone, group: { ...alone.group, desiredCapacity: 1 } };
    expect(kinds(planRecovering(full, RECORD).actions)).toEqual(['fenceInstance']);
  });
});
