import { expect, test } from 'vitest';
import { closingText, type Setting } from '../../../infra/bench/report.ts';
import { problemLines, storiesText } from '../../../infra/bench/table.ts';
import type { Target } from '../../../infra/bench/targets.ts';
import { run } from './samples.ts';

const SETTING: Setting = {
  at: '2026-11-21T12:00:00.000Z',
  quick: false,
  repetitions: 3,
  etcd: '3.6.14',
  machine: 'a machine',
  node: 'v24',
  processors: 2,
  loadBefore: 0.4,
  platform: { bootMs: 1_000, terminationMs: 1_000, healthCheckMs: 2_000 },
};
const PROMISE: Target = { name: 'ghost', promise: 'it is kept', limit: 5, got: 7, unit: 'ms', isMet: false };

test('a story is one line: median and worst of its repetitions, beside the floor, with the ratio of the medians', () => {
  const runs = [3_000, 9_000, 6_000].map((strengthMs) => run({ strengthMs }));
  const [, line = ''] = storiesText([{ name: 'ghost', about: '', size: 3, runs }])
    .trim()
    .split('\n');
  expect(line.split(/ {2,}/)).toEqual([
    'ghost',
    '3',
    '6000 / 9000',
    '300 / 300',
    '1000 / 1000',
    '1700 / 1700',
    '20.0',
    '60 / 60',
    '40 / 40',
    '3000 / 3000',
    '0 / 0',
    '0',
  ]);
});

test('what broke off or lost something is told with its story and repetition', () => {
  const runs = [run(), run({ error: 'it did not converge' }), run({ lost: 2 })];
  expect(problemLines([{ name: 'ghost', about: '', size: 3, runs }])).toEqual([
    'ghost, repetition 2: it did not converge',
    'ghost, repetition 3: 2 acknowledged writes are lost',
  ]);
});

test('a promise is told as met or missed with what was measured; a quick run does not judge it', () => {
  expect(closingText(SETTING, [PROMISE], [])).toContain('MISSED  ghost: it is kept (7 of 5 ms)');
  expect(closingText(SETTING, [{ ...PROMISE, isMet: true }], [])).toContain('met     ghost');
  expect(closingText(SETTING, [PROMISE], [])).not.toContain('not judged');
  expect(closingText({ ...SETTING, quick: true }, [PROMISE], [])).toContain(
    'told, not judged, in a quick run',
  );
});

test('the waits of the platform, problems, and a machine that was busy before are told at the end', () => {
  const calm = closingText(SETTING, [], ['something went wrong']);
  expect(calm).toContain('boot in 1000 ms, end in 1000 ms and are checked every 2000 ms');
  expect(calm).toContain('FAILED: something went wrong\n');
  expect(calm).not.toContain('busy');
  expect(closingText({ ...SETTING, loadBefore: 1.4 }, [], [])).toContain('busy');
});
