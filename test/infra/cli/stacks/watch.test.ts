import { describe, expect, test } from 'vitest';
import { Failure } from '../../../../infra/cli/failure.ts';
import {
  endOf,
  firstFailures,
  isNews,
  progressLine,
  type StackEvent,
  underWay,
} from '../../../../infra/cli/stacks/events.ts';
import { refusingGate } from '../../../../infra/cli/stacks/gates.ts';
import { watchStack } from '../../../../infra/cli/stacks/watch.ts';
import { openFakeCloud } from '../fake-cloud.ts';

const STACK = { type: 'AWS::CloudFormation::Stack', physicalId: 'arn:s', logicalId: 's' };
const event = (fields: Partial<StackEvent>): StackEvent => ({
  id: 'e',
  atMs: 0,
  logicalId: 'A',
  physicalId: '',
  type: 'T',
  status: 'CREATE_COMPLETE',
  reason: '',
  ...fields,
});

describe('the end of a stack', () => {
  test('is told by an event of the stack itself that says it rests', () => {
    expect(endOf([event({ status: 'CREATE_COMPLETE' })], 'arn:s')).toBeNull();
    expect(endOf([event({ ...STACK, status: 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS' })], 'arn:s')).toBeNull();
    expect(endOf([event({ ...STACK, status: 'ROLLBACK_COMPLETE' })], 'arn:s')).toBe('ROLLBACK_COMPLETE');
  });

  test('of a nested stack is not that of the stack', () => {
    expect(endOf([event({ ...STACK, physicalId: 'arn:nested' })], 'arn:s')).toBeNull();
  });
});

describe('reasons', () => {
  test('are those that failed first, oldest first, each once', () => {
    const failed = (logicalId: string, atMs: number, reason: string) =>
      event({ logicalId, atMs, status: 'CREATE_FAILED', reason });
    const events = [
      failed('Late', 3, 'no room'),
      failed('Early', 1, 'no such subnet'),
      failed('Cascade', 2, 'Resource creation cancelled'),
      failed('Early', 1, 'no such subnet'),
      event({
        ...STACK,
        atMs: 4,
        status: 'CREATE_FAILED',
        reason: 'The following resource(s) failed to create: [Early]',
      }),
    ];
    expect(firstFailures(events)).toEqual(['Early (T): no such subnet', 'Late (T): no room']);
  });

  test('are the own words of the stack where no resource failed', () => {
    const events = [event({ ...STACK, status: 'UPDATE_FAILED', reason: 'a policy denies it' })];
    expect(firstFailures(events)).toEqual(['s (AWS::CloudFormation::Stack): a policy denies it']);
  });
});

describe('the words of a custom resource', () => {
  const wrapped = (words: string) =>
    `Received response status [FAILED] from custom resource. Message returned: ${words} (RequestId: 12-ab)`;

  test('are told without those that CloudFormation puts around them', () => {
    const failed = event({
      type: 'Custom::EtcdCluster',
      status: 'CREATE_FAILED',
      reason: wrapped('size: must be 3'),
    });
    expect(firstFailures([failed])).toEqual(['A (Custom::EtcdCluster): size: must be 3']);
  });

  test('of a gate are told whole, for they name everything that the cluster lacks', () => {
    const words = `voter i-1 does not answer; ${'x'.repeat(1_200)}`;
    const failed = event({ type: 'Custom::EtcdGate', status: 'UPDATE_FAILED', reason: wrapped(words) });
    expect(firstFailures([failed])).toEqual([`A (Custom::EtcdGate): ${words}`]);
  });
});

test('what CloudFormation does to a group is told line by line, though its state stays the same', () => {
  const group = event({ logicalId: 'MemberGroup', status: 'UPDATE_IN_PROGRESS' });
  const signal = { ...group, reason: 'Received SUCCESS signal with UniqueId i-1' };
  expect(isNews([group], signal)).toBe(true);
  expect(isNews([group, signal], { ...group, reason: 'Received SUCCESS signal with UniqueId i-2' })).toBe(
    true,
  );
  expect(isNews([group, signal], signal)).toBe(false);
  expect(isNews([group], { ...group, reason: 'Resource update Initiated' })).toBe(false);
});

test('a gate that is asked for long says that it waits for the cluster, and where to look', () => {
  const asked = event({ logicalId: 'BeforeGate', type: 'Custom::EtcdGate', status: 'UPDATE_IN_PROGRESS' });
  expect(underWay([asked])).toEqual([
    'BeforeGate (waits for the cluster: etcd-autopilot status tells what it lacks)',
  ]);
  expect(underWay([{ ...asked, status: 'DELETE_IN_PROGRESS' }])).toEqual(['BeforeGate']);
});

describe('the gate that refused', () => {
  const gate = (logicalId: string, atMs: number, reason: string, status = 'UPDATE_FAILED') =>
    event({ logicalId, atMs, reason, status, type: 'Custom::EtcdGate' });

  test('is the first of those that did', () => {
    expect(refusingGate([gate('AfterGate', 5, 'tooFewVoters'), gate('BeforeGate', 2, 'voterSilent')])).toBe(
      'before',
    );
    expect(refusingGate([gate('AfterGate', 5, 'tooFewVoters')])).toBe('after');
  });

  test('is none where it was only cancelled, or something else failed', () => {
    expect(refusingGate([gate('AfterGate', 5, 'Resource update cancelled')])).toBeNull();
    expect(
      refusingGate([event({ logicalId: 'MemberGroup', status: 'UPDATE_FAILED', reason: 'x' })]),
    ).toBeNull();
    expect(refusingGate([gate('BeforeGate', 1, '', 'UPDATE_COMPLETE')])).toBeNull();
  });
});

test('a line of progress has seconds, state, resource and reason, in one line of bounded length', () => {
  const told = event({
    atMs: 12_400,
    type: 'X::Y',
    status: 'CREATE_FAILED',
    reason: `a\nb ${'x'.repeat(900)}`,
  });
  const line = progressLine(told, 0);
  expect(line.startsWith('  12 s  CREATE_FAILED  A (X::Y): a b x')).toBe(true);
  expect(line.length).toBeLessThan(500);
});

test('what is under way is what began and has not ended', () => {
  const events = [
    event({ logicalId: 'A', status: 'CREATE_IN_PROGRESS' }),
    event({ logicalId: 'B', status: 'CREATE_IN_PROGRESS' }),
    event({ logicalId: 'A', status: 'CREATE_COMPLETE' }),
    event({ ...STACK, status: 'CREATE_IN_PROGRESS' }),
  ];
  expect(underWay(events)).toEqual(['B']);
});

describe('watching', () => {
  const request = { stackId: 'arn:s', known: new Set<string>(), waitMs: 600_000 };

  /** What each look finds, in order; after that nothing new. */
  function watching(looks: readonly (readonly StackEvent[] | Error)[]) {
    const { clock, stacks } = openFakeCloud();
    const lines: string[] = [];
    let at = 0;
    const eventsSince = async () => {
      const look = looks[at] ?? [];
      at += 1;
      if (look instanceof Error) throw look;
      return look;
    };
    const watched = watchStack(
      { clock, stacks: { ...stacks, eventsSince } },
      { ...request, say: (line) => void lines.push(line) },
    );
    return { watched, lines };
  }

  test('tells what happens once, and that something is under way when nothing happens for long', async () => {
    const begun = event({ id: '1', logicalId: 'Group', status: 'CREATE_IN_PROGRESS' });
    const quiet = Array.from({ length: 20 }, () => []);
    const end = event({ id: '3', ...STACK });
    const { watched, lines } = watching([
      [begun],
      [{ ...begun, id: '2', reason: 'Initiated' }],
      ...quiet,
      [end],
    ]);
    expect(await watched).toMatchObject({ status: 'CREATE_COMPLETE' });
    expect(lines.filter((line) => line.includes('CREATE_IN_PROGRESS'))).toHaveLength(1);
    expect(lines.some((line) => line.endsWith('still under way: Group'))).toBe(true);
  });

  test('bears looks that fail, but not for ever', async () => {
    const fault = new Failure('throttled');
    const borne = watching([fault, fault, fault, [event({ ...STACK })]]);
    expect(await borne.watched).toMatchObject({ status: 'CREATE_COMPLETE' });
    const lost = watching(Array.from({ length: 9 }, () => fault));
    await expect(lost.watched).rejects.toThrow('lost sight of the stack, which goes on: throttled');
  });

  test('ends after the time that it may take', async () => {
    expect(await watching([]).watched).toEqual({ status: null, events: [] });
  });
});
