import { beforeEach, expect, test } from 'vitest';
import { OperationError } from '../../../functions/core/errors.ts';
import { DnsScene } from '../../simulation/fronts/dns-scene.ts';

let scene = new DnsScene();
let first = '';

beforeEach(async () => {
  scene = new DnsScene();
  [first = ''] = scene.serve('web', 3);
  await scene.runFor(1);
});

const lifecycle = (): string | undefined => scene.fleet.instance(first).lifecycle;

test('a batch that was done and whose second attempt was refused is waited for like any other', async () => {
  scene.fleet.terminate(scene.fleet.instance(first));
  scene.pass(2);
  scene.gate = async (call, given) => {
    const answer = await call.send(...given);
    return call.name === 'zones.change' ? { kind: 'refused', reason: 'not found' } : answer;
  };
  await scene.run();
  scene.gate = (call, given) => call.send(...given);
  expect(scene.web).toHaveLength(2);
  await scene.run();
  expect(lifecycle()).toBe('Terminating:Wait');
  await scene.runFor(5);
  expect(lifecycle()).not.toBe('Terminating:Wait');
  expect(scene.stateText).toContain('"withdrawn":[]');
});

test('a change that Route 53 knows no more is over after a minute, and keeps nobody for ever', async () => {
  scene.zone.syncMs = 3_600_000;
  scene.fleet.terminate(scene.fleet.instance(first));
  scene.pass(2);
  await scene.run();
  scene.gate = async (call, given) => {
    if (call.name === 'zones.isInSync') throw new OperationError('AWS_GONE', 'nextLook', 'NoSuchChange');
    return call.send(...given);
  };
  await scene.run();
  expect(lifecycle()).toBe('Terminating:Wait');
  await scene.runFor(5);
  expect(lifecycle()).not.toBe('Terminating:Wait');
  expect(scene.stateText).toContain('"withdrawn":[]');
  expect((await scene.run()).isComplete).toBe(true);
});
