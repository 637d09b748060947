import { expect, test } from 'vitest';
import { callsOf, passesOf, stepsOf } from '../../../infra/bench/passes.ts';

const ORIGIN_MS = Date.parse('2026-11-21T12:00:00.000Z');
const LOG = [
  { event: 'step.applied', at: '2026-11-21T12:00:01.200Z', kind: 'addLearner' },
  { event: 'step.refused', at: '2026-11-21T12:00:01.300Z', kind: 'removeMember' },
  {
    event: 'pass.finished',
    at: '2026-11-21T12:00:01.500Z',
    durationMs: 400,
    lookCount: 3,
    calls: { 'ssm:PutParameter': 2 },
  },
  { event: 'request.answered', at: '2026-11-21T12:00:02.000Z' },
];

test('a pass lies where its log line says that it ended, less the time that it took', () => {
  expect(passesOf(LOG, ORIGIN_MS)).toEqual([
    { fromMs: 1_100, toMs: 1_500, lookCount: 3, calls: { 'ssm:PutParameter': 2 } },
  ]);
});

test('effects are told with what was refused', () => {
  expect(stepsOf(LOG, ORIGIN_MS)).toEqual([
    { atMs: 1_200, kind: 'addLearner', isRefused: false },
    { atMs: 1_300, kind: 'removeMember', isRefused: true },
  ]);
});

test('calls of several passes are added up by API', () => {
  const calls = callsOf([{ calls: { a: 1, b: 2 } }, { calls: { b: 3 } }, { calls: {} }]);
  expect(calls).toEqual({ a: 1, b: 5 });
});
