import { expect, test } from 'vitest';
import type { SampledWait, ToldWait } from '../../../infra/demo/recording.ts';
import { waitsOf } from '../../../infra/demo/waits.ts';
import { A, B, FIXED, sampleOf } from './fixed-recording.ts';

const samplesOf = (...waits: readonly (readonly SampledWait[])[]) =>
  waits.map((own, index) => sampleOf(index * 1_000, [], null, { waits: own }));
const starting = (subject: string | null): SampledWait => ({ kind: 'memberStarting', subject });
const told = (text: string, atMs = 0): ToldWait => ({ atMs, kind: 'memberStarting', text });
const textsOf = (waits: readonly SampledWait[], words: readonly ToldWait[]) =>
  waitsOf({ samples: samplesOf(waits), told: words, endMs: 1_000 }).map(({ text }) => text);

test('a wait lasts from the first sample that shows it to the first that does not', () => {
  expect(waitsOf(FIXED)).toEqual([
    {
      kind: 'awaitingReplacement',
      subject: B,
      fromMs: 5_000,
      toMs: 8_000,
      text: FIXED.told[0]?.text,
    },
  ]);
});

test('a wait that comes back is another one', () => {
  const samples = samplesOf([starting(A)], [], [starting(A)]);
  expect(waitsOf({ samples, told: [], endMs: 3_000 }).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [0, 1_000],
    [2_000, 3_000],
  ]);
});

test('the words of a wait are those about its own instance, told nearest to it', () => {
  const words = [told(`late words of ${A}`, 90_000), told(`words of ${A}`, 500), told(`words of ${B}`, 400)];
  expect(textsOf([starting(A)], words)).toEqual([`words of ${A}`]);
});

test('words about another instance serve for a wait that was over too soon to be asked about', () => {
  const words = [told(`cluster demo: member 12345678901234567890 on ${B} has its ticket`)];
  expect(textsOf([starting(A)], words)).toEqual([`cluster demo: the member on ${A} has its ticket`]);
});

test('words that name a member by its id alone are not passed on to another', () => {
  expect(textsOf([starting(A)], [told(`after ${B}, member 12345678901234567890 moves`)])).toEqual([null]);
});

test('nothing is told of a wait of which nobody said anything', () => {
  expect(textsOf([starting(A), starting(null)], [])).toEqual([null, null]);
});
