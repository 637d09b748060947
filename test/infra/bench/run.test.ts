import { expect, test } from 'vitest';
import type { Measured } from '../../../infra/bench/measure.ts';
import { type OurRun, runOf } from '../../../infra/bench/run.ts';
import type { Story } from '../../../infra/bench/story.ts';

const STORY: Story = { name: 'leader-hooked', about: '', size: 3, isQuick: true, change: null };

const measured = (more: Partial<Measured> = {}): Measured => ({
  fromMs: 5_000,
  strengthMs: 3_000,
  gapMs: 70,
  quorumLostMs: 0,
  fewestVoters: 3,
  writableMs: null,
  writes: 150,
  failedWrites: 1,
  lost: 0,
  ...more,
});

const ours = (more: Partial<OurRun> = {}): OurRun => ({
  measured: measured(),
  settledMs: 4_200,
  deed: { fromMs: 5_000, gone: ['old'] },
  changes: [
    { atMs: 5_010, instanceId: 'old', state: 'Terminating:Wait', ec2State: 'running' },
    { atMs: 5_010, instanceId: 'new', state: 'Pending', ec2State: 'pending' },
    { atMs: 6_010, instanceId: 'new', state: 'Pending:Wait', ec2State: 'running' },
  ],
  passes: [
    { fromMs: 4_000, toMs: 4_100, lookCount: 1, calls: { 'a:B': 7 } },
    { fromMs: 5_030, toMs: 8_500, lookCount: 9, calls: { 'a:B': 20, 'c:D': 1 } },
  ],
  steps: [{ atMs: 7_000, kind: 'addLearner', isRefused: false }],
  error: null,
  ...more,
});

test('the time to full strength is the waits of the platform, the floor, and the rest, which is ours', () => {
  const run = runOf(STORY, ours(), measured({ strengthMs: 280, gapMs: 40 }));
  expect(run.platform).toEqual({ boot: 1_000, delivery: 20 });
  expect(run.platformMs).toBe(1_000); // the event is delivered while the machine boots
  expect(run.oursMs).toBe(3_000 - 1_000 - 280);
  expect(run).toMatchObject({ strengthMs: 3_000, floorStrengthMs: 280, gapMs: 70, floorGapMs: 40 });
});

test('what could be known of a loss counts from its evidence; of several at once nothing is said', () => {
  expect(runOf(STORY, ours(), measured())).toMatchObject({ knowableMs: 10, afterKnowableMs: 2_990 });
  const two = ours({ deed: { fromMs: 5_000, gone: ['old', 'older'] } });
  expect(runOf(STORY, two, measured())).toMatchObject({ knowableMs: null, afterKnowableMs: null });
});

test('passes, looks and calls are those of the run, without what ended before it', () => {
  const run = runOf(STORY, ours(), measured());
  expect(run).toMatchObject({ passes: 1, looks: 9, calls: { 'a:B': 20, 'c:D': 1 } });
});

test('what happened is told in the order of time since the beginning', () => {
  const run = runOf(STORY, ours(), measured());
  expect(run.events.map(({ atMs, what }) => `${atMs} ${what}`)).toEqual([
    '10 old Terminating:Wait running',
    '10 new Pending pending',
    '30 begins',
    '1010 new Pending:Wait running',
    '2000 addLearner',
    '3000 full strength',
    '3500 ends after 9 looks',
  ]);
});

test('lost writes of both sides count', () => {
  expect(runOf(STORY, ours({ measured: measured({ lost: 2 }) }), measured({ lost: 1 })).lost).toBe(3);
});

test('a repetition that broke off says why, and has no figures', () => {
  const broken = { measured: null, settledMs: null, deed: null, changes: [], passes: [], steps: [] };
  const run = runOf(STORY, { ...broken, error: 'the power is out' }, null);
  expect(run).toMatchObject({ strengthMs: null, oursMs: null, gapMs: null, error: 'the power is out' });
});

test('without its floor a repetition does not count as whole', () => {
  expect(runOf(STORY, ours(), null)).toMatchObject({ oursMs: null, error: 'the floor was not measured' });
});
