import { expect } from 'vitest';
import type { RecoveryChoice } from '../../functions/core/recovery/sources.ts';
import type { PassReport } from '../../functions/engine/report.ts';
import { recoverAnswer } from '../../functions/membership/answer-recovery.ts';
import { type FakeWorld, Killed, PATH } from '../simulation/world/fake-world.ts';
import { expectSafe, expectWhole, grown, listNames, setConfig } from '../support/story.ts';

export type Mode = 'manual' | 'from-survivor' | 'from-snapshot';

/** A cluster that stood, whose checks and backups ran for some minutes, and what its settings say about a loss. */
export async function kept(size: number, recovery: Mode): Promise<FakeWorld> {
  const world = await grown(size);
  world.etcd.version = '3.5.33';
  setConfig(world, { recovery });
  world.backups.isOn = true;
  world.backups.everySeconds = 300;
  for (let second = 0; second < 400; second += 1) world.tick();
  world.backups.everySeconds = Number.POSITIVE_INFINITY;
  await world.settle();
  expectSafe(world);
  return world;
}

/** The machine of a voter is gone for good, without a hook; its group launches another. */
export function lose(world: FakeWorld, ...ids: readonly string[]): void {
  for (const id of ids) world.vanish(id);
}

/** The processes die, and their disks stay. */
export function stop(world: FakeWorld, ...ids: readonly string[]): void {
  for (const id of ids) world.processOf(id).up = false;
}

/** Passes as the schedule brings them; a function that is killed is followed by the next. */
export async function minutesOn(world: FakeWorld, count: number): Promise<PassReport | null> {
  let last: PassReport | null = null;
  for (let minute = 0; minute < count; minute += 1) {
    last = await world.pass().catch(onlyKilled);
    const untilMs = world.nowMs + 60_000 - (world.nowMs % 60_000);
    while (world.nowMs < untilMs) world.tick();
  }
  return last;
}

function onlyKilled(error: unknown): null {
  if (error instanceof Killed) return null;
  throw error;
}

export const textAt = (world: FakeWorld, name: string): string => world.parameters.get(PATH + name) ?? '';
export const jsonAt = (world: FakeWorld, name: string) => JSON.parse(textAt(world, name) || 'null');

/** What the last pass waits for of a recovery: its kind, and how far it is or why it holds. */
export const told = (report: PassReport | null): readonly (string | undefined)[] => {
  const wait = report?.waits.find(({ kind }) => kind === 'recovering' || kind === 'quorumLost');
  if (wait?.kind === 'recovering') return [wait.kind, wait.step];
  return wait?.kind === 'quorumLost' ? [wait.kind, wait.hold] : [];
};

export const recordsOf = (world: FakeWorld): readonly string[] => listNames(world, 'recovery/');

/** One new cluster with the data of the old one, whole again, and the loss told. */
export function expectRecovered(world: FakeWorld, size: number, number = 2): void {
  expect(jsonAt(world, `recovery/${number}/done`)).toMatchObject({ outcome: 'recovered' });
  expect(world.etcd.violations).toEqual([]);
  expect(world.etcd.formed.size).toBe(2);
  world.etcd.formed.clear(); // whole in every other respect
  expectWhole(world, size);
}

/** No recovery was begun, nobody was ended, and no member was changed. */
export function expectUntouched(world: FakeWorld): void {
  expect(recordsOf(world)).toEqual([]);
  expectSafe(world);
}

/** What the command line does: looks, and chooses from what it was shown. */
export async function choiceOf(
  world: FakeWorld,
  source: RecoveryChoice['source'],
  forced: readonly string[] = [],
  nonce = 'one',
): Promise<RecoveryChoice> {
  world.operatorRecovers = true;
  const report = await world.pass({ mode: 'look', recover: 'options' });
  const { confirm } = recoverAnswer(report, 'core', forced);
  return { source, forced, confirm, by: 'somebody', nonce };
}
