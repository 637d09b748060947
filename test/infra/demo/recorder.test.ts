import { expect, test, vi } from 'vitest';
import type { Looker } from '../../../infra/demo/look.ts';
import { actionsOf, Recorder } from '../../../infra/demo/recorder.ts';
import type { Sample } from '../../../infra/demo/recording.ts';
import type { Teller } from '../../../infra/demo/told.ts';
import { A, B } from './fixed-recording.ts';

const seen = (own: Partial<Sample> = {}): Omit<Sample, 'atMs'> => ({
  desired: 3,
  instances: [],
  members: null,
  waits: [],
  ...own,
});

/** Shows one sighting after the other and then the last for ever; `null` is a look that fails. */
function lookerOf(...sightings: readonly (Omit<Sample, 'atMs'> | null)[]) {
  const left = [...sightings];
  const looks = { count: 0 };
  const looker: Looker = {
    look: async () => {
      looks.count += 1;
      const next = left.length > 1 ? left.shift() : left[0];
      if (next === null || next === undefined) throw new Error('nothing is there yet');
      return next;
    },
    close: () => undefined,
  };
  return { looker, looks };
}

const mute: Teller = { waits: async () => [], log: async () => [], close: () => undefined };

/** Looks until there were so many: each is asked for, so no test waits for the clock. */
async function untilLooked(
  recorder: Recorder,
  looks: { readonly count: number },
  count: number,
): Promise<void> {
  await vi.waitFor(
    () => {
      recorder.nudge();
      expect(looks.count).toBeGreaterThanOrEqual(count);
    },
    { timeout: 5_000, interval: 5 },
  );
}

test('what did not change is kept once, and looks that fail are left out', async () => {
  const { looker, looks } = lookerOf(null, seen(), seen(), null, seen({ desired: 5 }));
  const recorder = new Recorder(looker, mute);
  recorder.start();
  await untilLooked(recorder, looks, 6);
  const { samples, endMs } = await recorder.stop();
  expect(samples.map(({ desired }) => desired)).toEqual([3, 5]);
  expect(samples[0]?.atMs).toBeLessThan(samples[1]?.atMs ?? 0);
  expect(endMs).toBeGreaterThanOrEqual(samples[1]?.atMs ?? 0);
});

test('the autopilot is asked for its reasons when other things are waited for, and not for the same again', async () => {
  const waits = [{ kind: 'joinQueued', subject: A }];
  const { looker, looks } = lookerOf(seen(), seen({ waits }));
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return [{ kind: 'joinQueued', text: `${A} will join` }];
  };
  let nowMs = 0;
  // Hours go by between two looks, so that nothing but the question itself is why it is not asked again.
  const clock = { nowMs: () => (nowMs += 3_600_000), wallMs: () => 0 };
  const recorder = new Recorder(looker, { ...mute, waits: ask }, clock);
  recorder.start();
  await untilLooked(recorder, looks, 6);
  const { told } = await recorder.stop();
  expect(asked).toBe(1);
  expect(told).toMatchObject([{ kind: 'joinQueued', text: `${A} will join` }]);
});

test('an autopilot that does not answer stops no recording', async () => {
  const { looker, looks } = lookerOf(seen({ waits: [{ kind: 'permitHeld', subject: null }] }));
  const broken = async () => Promise.reject(new Error('no function'));
  const recorder = new Recorder(looker, { ...mute, waits: broken, log: broken });
  recorder.start();
  await untilLooked(recorder, looks, 3);
  expect(await recorder.stop()).toMatchObject({ told: [], actions: [] });
});

test('what the demo did belongs to the step in which it did it', async () => {
  let nowMs = 1_000;
  const clock = { nowMs: () => nowMs, wallMs: () => 0 };
  const recorder = new Recorder(lookerOf(seen()).looker, mute, clock);
  recorder.note('first');
  nowMs = 3_000;
  recorder.note('second');
  expect(recorder.deedsBetween(0, 2_000)).toEqual([{ atMs: 0, text: 'first' }]);
  expect(recorder.deedsBetween(2_000, 9_000)).toEqual([{ atMs: 2_000, text: 'second' }]);
});

test('the effects in the log are told in order, on the clock of the recording, with their refusals', () => {
  const at = (ms: number) => new Date(1_000_000 + ms).toISOString();
  const log = [
    { event: 'pass.finished', at: at(900) },
    { event: 'step.refused', at: at(800), kind: 'addLearner', instanceId: B, errorText: 'unhealthy cluster' },
    { event: 'step.applied', at: at(500), kind: 'removeMember', memberId: '12', because: 'terminating' },
    { event: 'step.applied', at: 'never', kind: 'remember' },
  ];
  expect(actionsOf(log, 1_000_000)).toEqual([
    {
      atMs: 500,
      kind: 'removeMember',
      because: 'terminating',
      instanceId: null,
      memberId: '12',
      refusal: null,
    },
    {
      atMs: 800,
      kind: 'addLearner',
      because: null,
      instanceId: B,
      memberId: null,
      refusal: 'unhealthy cluster',
    },
  ]);
});
