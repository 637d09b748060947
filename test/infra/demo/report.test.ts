import { expect, test } from 'vitest';
import { type DemoReport, problemsOf, tableOf } from '../../../infra/demo/report.ts';

const report: DemoReport = {
  ok: false,
  etcd: '3.4.23',
  platform: { instanceBootMs: 1_000 },
  steps: [
    {
      name: 'create',
      secondsToFullStrength: 4.25,
      longestGapMs: 28,
      ackedWrites: 98,
      lostWrites: 0,
      problems: [],
    },
    {
      name: 'grow',
      secondsToFullStrength: null,
      longestGapMs: null,
      ackedWrites: 0,
      lostWrites: 2,
      problems: ['a', 'b'],
    },
  ],
};

test('the closing table has one aligned row for each step, and says what did not converge', () => {
  const lines = tableOf(report).split('\n');
  expect(lines).toHaveLength(4);
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  expect(lines[2]).toMatch(/^create +4\.3 +28 +98 +0$/);
  expect(lines[3]).toMatch(/^grow +did not converge +- +0 +2$/);
});

test('every problem of every step is told with the name of its step', () => {
  expect(problemsOf(report)).toEqual(['grow: a', 'grow: b']);
});
