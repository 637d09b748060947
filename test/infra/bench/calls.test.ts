import { expect, test } from 'vitest';
import { byService, callsOfStories, callsText } from '../../../infra/bench/calls.ts';
import { idleOf, idleTargets, idleText } from '../../../infra/bench/idle.ts';
import type { PassSpan } from '../../../infra/bench/platform.ts';
import { run } from './samples.ts';

const READS = { 'autoscaling:DescribeAutoScalingGroups': 1, 'ec2:DescribeInstances': 2 };
const pass = (more: Partial<PassSpan> = {}): PassSpan => ({
  fromMs: 100,
  toMs: 140,
  lookCount: 1,
  calls: READS,
  ...more,
});

test('calls are summed by service, in the order of their names', () => {
  const calls = { 'ssm:PutParameter': 2, 'ec2:DescribeInstances': 3, 'ssm:GetParametersByPath': 5 };
  expect(byService(calls)).toEqual({ ec2: 3, ssm: 7 });
  expect(Object.keys(byService(calls))).toEqual(['ec2', 'ssm']);
});

test('a story costs the median of its repetitions; an API that one of them did not need counts as none there', () => {
  const runs = [
    run({ passes: 1, looks: 9, calls: { 'ssm:PutParameter': 4 } }),
    run({ passes: 3, looks: 7, calls: { 'ssm:PutParameter': 6, 'events:PutEvents': 2 } }),
    run({ passes: 2, looks: 8, calls: { 'ssm:PutParameter': 5 } }),
  ];
  const [row] = callsOfStories([{ name: 'ghost', about: '', size: 3, runs }]);
  expect(row).toEqual({
    name: 'ghost',
    passes: 2,
    looks: 8,
    total: 5,
    calls: { 'events:PutEvents': 0, 'ssm:PutParameter': 5 },
  });
});

test('a repetition that broke off does not count, and a story of such alone has no line', () => {
  const broken = run({ error: 'it did not converge', calls: { 'ssm:PutParameter': 900 } });
  const whole = run({ calls: { 'ssm:PutParameter': 4 } });
  const of = (runs: readonly ReturnType<typeof run>[]) =>
    callsOfStories([{ name: 'ghost', about: '', size: 3, runs }]);
  expect(of([broken, whole])[0]?.total).toBe(4);
  expect(of([broken])).toEqual([]);
  expect(
    callsText(of([whole]))
      .trim()
      .split('\n')[1]
      ?.split(/ {2,}/),
  ).toEqual(['ghost', '2', '9', '4', '4']);
});

test('an idle pass is one look that only read: the most calls, the median and the worst time', () => {
  const passes = [
    pass(),
    pass({ toMs: 160 }),
    pass({ toMs: 190, calls: { ...READS, 'ssm:GetParametersByPath': 2 } }),
    pass({ lookCount: 2, toMs: 5_000 }),
    pass({ toMs: 9_000, calls: { 'ssm:PutParameter': 1 } }),
  ];
  expect(idleOf(7, passes)).toMatchObject({
    members: 7,
    passes: 3,
    awsCalls: 5,
    medianMs: 60,
    worstMs: 90,
  });
  expect(idleOf(7, [pass({ lookCount: 2 })])).toBeNull();
});

test.each([
  [8, 300, [true, true]],
  [9, 301, [false, false]],
])('%i calls and %i ms of the worst cluster are judged against the promise', (calls, ms, kept) => {
  const easy = idleOf(1, [pass()]);
  const hard = idleOf(7, [pass({ toMs: 100 + ms, calls: { 'ec2:DescribeInstances': calls } })]);
  const rows = [easy, hard].filter((row) => row !== null);
  expect(idleTargets(rows).map(({ isMet }) => isMet)).toEqual(kept);
  expect(idleText(rows)).toContain('7 members');
  expect(idleTargets([])).toEqual([]);
});
