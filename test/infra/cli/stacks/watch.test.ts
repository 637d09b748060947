import { describe, expect, test } from 'vitest';
import { Failure } from '../../../../infra/cli/failure.ts';
import {
  endOf,
  firstFailures,
  progressLine,
  type StackEvent,
  underWay,
} from '../../../../infra/cli/stacks/events.ts';
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
