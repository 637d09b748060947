import { expect, test } from 'vitest';
import { createCallCounter } from '../../functions/edge/call-counter.ts';
import { createMetrics } from '../../functions/edge/metrics.ts';

function linesOf(values: Readonly<Record<string, number>>): readonly Record<string, unknown>[] {
  const lines: string[] = [];
  createMetrics(
    () => 1_000,
    (line) => lines.push(line),
  ).emit('core', values);
  return lines.map((line) => JSON.parse(line));
}

test('figures are one line that says how to read them, by cluster', () => {
  expect(linesOf({ passDurationMs: 12, voterCount: 3, dbSizeBytes: 9, ageSeconds: 1 })).toEqual([
    {
      _aws: {
        Timestamp: 1_000,
        CloudWatchMetrics: [
          {
            Namespace: 'EtcdAutopilot',
            Dimensions: [['cluster']],
            Metrics: [
              { Name: 'passDurationMs', Unit: 'Milliseconds' },
              { Name: 'voterCount', Unit: 'Count' },
              { Name: 'dbSizeBytes', Unit: 'Bytes' },
              { Name: 'ageSeconds', Unit: 'Seconds' },
            ],
          },
        ],
      },
      cluster: 'core',
      passDurationMs: 12,
      voterCount: 3,
      dbSizeBytes: 9,
      ageSeconds: 1,
    },
  ]);
});

test('figures that are none are left out, and none at all make no line', () => {
  expect(linesOf({ a: Number.NaN, b: Number.POSITIVE_INFINITY })).toEqual([]);
});

test('more figures than one line may hold go into several', () => {
  const values = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`m${n}`, n]));
  expect(linesOf(values).map((line) => Object.keys(line).length - 2)).toEqual([100, 50]);
});

test('calls are counted by API until they are taken', () => {
  const counter = createCallCounter();
  counter.onCall('ec2:DescribeInstances');
  counter.onCall('ssm:PutParameter');
  counter.onCall('ssm:PutParameter');
  expect(counter.take()).toEqual({ 'ec2:DescribeInstances': 1, 'ssm:PutParameter': 2 });
  expect(counter.take()).toEqual({});
});
