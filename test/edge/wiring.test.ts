import { expect, test } from 'vitest';
import { systemClock } from '../../functions/edge/clock.ts';
import { connectAws, connectDns, connectRegistration, connectRegistry } from '../../functions/edge/wiring.ts';
import { connectGate } from '../../functions/edge/wiring-gate.ts';

const environment = {
  queueUrl: 'https://sqs/work.fifo',
  deadLetterQueueUrl: 'https://sqs/dead.fifo',
  dryRun: false,
  logLevel: 'info',
} as const;

test('a function reaches the ports that it needs, and opening them makes no call', () => {
  const calls: string[] = [];
  expect(Object.keys(connectRegistration(environment)).sort()).toEqual(['parameters', 'queue']);
  expect(Object.keys(connectAws(environment, (call) => calls.push(call))).sort()).toEqual([
    'events',
    'machines',
    'parameters',
    'queue',
    'scaling',
    'secrets',
    'stacks',
  ]);
  const joined = ['hosts', 'joined', 'notices', 'parameters', 'queue'];
  expect(Object.keys(connectDns(environment, (call) => calls.push(call))).sort()).toEqual([
    ...joined,
    'zones',
  ]);
  expect(Object.keys(connectRegistry(environment, (call) => calls.push(call))).sort()).toEqual([
    ...joined,
    'secrets',
  ]);
  const gate = connectGate(environment, (call) => calls.push(call));
  expect(Object.keys(gate).sort()).toEqual(['isDry', 'named', 'queue', 'stackStatus']);
  expect(calls).toEqual([]);
});

test('the clock of the system goes forward', async () => {
  const before = systemClock.nowMs();
  await systemClock.sleep(2);
  expect(systemClock.nowMs()).toBeGreaterThan(before);
});
