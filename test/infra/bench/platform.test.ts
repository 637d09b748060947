import { expect, test } from 'vitest';
import {
  breakdownOf,
  knowableMs,
  type PassSpan,
  platformWaits,
  type StateChange,
} from '../../../infra/bench/platform.ts';

const change = (atMs: number, instanceId: string, state: string, ec2State = 'running'): StateChange => {
  return { atMs, instanceId, state, ec2State };
};
const pass = (fromMs: number, toMs: number): PassSpan => ({ fromMs, toMs, lookCount: 1, calls: {} });
const account = { passes: [], given: [], isRefresh: false };
const WITHIN = { fromMs: 0, toMs: 10_000 };

const byKind = (
  changes: readonly StateChange[],
  more: Partial<Parameters<typeof platformWaits>[0]> = {},
  within = WITHIN,
) => breakdownOf(platformWaits({ ...account, changes, ...more }, within));

test('an instance boots from its launch until it waits in its hook', () => {
  const changes = [change(100, 'new', 'Pending', 'pending'), change(1_110, 'new', 'Pending:Wait')];
  expect(byKind(changes, { passes: [pass(1_110, 1_200)] })).toEqual({
    platformMs: 1_010,
    byKind: { boot: 1_010 },
  });
});

test('instances that boot side by side are waited for once', () => {
  const changes = [
    change(0, 'a', 'Pending', 'pending'),
    change(200, 'b', 'Pending', 'pending'),
    change(1_000, 'a', 'Pending:Wait'),
    change(1_200, 'b', 'Pending:Wait'),
  ];
  expect(byKind(changes, { passes: [pass(900, 2_000)] }).platformMs).toBe(1_200);
});

test('a death is unnoticed from the end of the machine until the group says that it terminates', () => {
  const changes = [
    change(-500, 'old', 'InService'),
    change(10, 'old', 'InService', 'shutting-down'),
    change(15, 'old', 'InService', 'terminated'),
    change(1_500, 'old', 'Terminating:Wait', 'terminated'),
  ];
  expect(byKind(changes, { passes: [pass(1_400, 3_000)] }).byKind).toEqual({ healthCheck: 1_490 });
});

test('an event is on its way from the beginning of a hook until a pass begins', () => {
  const changes = [change(100, 'old', 'Terminating:Wait')];
  expect(byKind(changes, { passes: [pass(160, 900), pass(2_000, 2_100)] }).byKind).toEqual({ delivery: 60 });
});

test('an event is waited for by nobody while a pass is under way that sees the hook by itself', () => {
  const changes = [change(100, 'old', 'Terminating:Wait')];
  expect(byKind(changes, { passes: [pass(50, 900), pass(1_000, 1_100)] }).platformMs).toBe(0);
});

test('an event that no pass ever follows is on its way until the end', () => {
  expect(byKind([change(9_000, 'old', 'Terminating:Wait')]).byKind).toEqual({ delivery: 1_000 });
});

test('in a refresh every moment belongs to the platform in which nobody waits in a hook', () => {
  const changes = [
    change(0, 'new', 'Pending', 'pending'),
    change(1_000, 'new', 'Pending:Wait'),
    change(1_300, 'new', 'InService'),
    change(1_500, 'old', 'Terminating:Wait'),
    change(1_600, 'old', 'Terminating:Proceed', 'shutting-down'),
    change(2_600, 'old', 'Terminated', 'terminated'),
  ];
  const passes = [pass(900, 1_600)];
  const within = { fromMs: 0, toMs: 3_000 };
  expect(byKind(changes, { passes, isRefresh: true }, within)).toEqual({
    platformMs: 3_000 - 300 - 100,
    byKind: { boot: 1_000, turn: 3_000 - 300 - 100 },
  });
  expect(byKind(changes, { passes }, within).byKind).toEqual({ boot: 1_000 });
});

test("what the story itself waits for is nobody's fault, and what lies after full strength counts for nothing", () => {
  const changes = [change(4_000, 'new', 'Pending', 'pending'), change(5_000, 'new', 'Pending:Wait')];
  const given = [{ fromMs: 0, toMs: 1_000 }];
  expect(byKind(changes, { given }, { fromMs: 0, toMs: 3_000 })).toEqual({
    platformMs: 1_000,
    byKind: { given: 1_000 },
  });
});

test('a loss can be known from the moment when the instance waits in its terminate hook', () => {
  const changes = [
    change(10, 'old', 'InService', 'terminated'),
    change(40, 'other', 'Terminating:Wait'),
    change(90, 'old', 'Terminating:Wait', 'terminated'),
    change(200, 'old', 'Terminated', 'terminated'),
  ];
  expect(knowableMs(changes, 'old')).toBe(90);
});

test('without a hook a loss can be known when the group has let it go and EC2 says terminated, not before', () => {
  const changes = [
    change(10, 'old', 'InService', 'terminated'),
    change(60, 'old', 'Terminated', 'shutting-down'),
    change(70, 'old', 'Terminated', 'terminated'),
  ];
  expect(knowableMs(changes, 'old')).toBe(70);
  expect(knowableMs(changes.slice(0, 2), 'old')).toBeNull();
});
