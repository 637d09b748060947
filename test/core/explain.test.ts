import { describe, expect, test } from 'vitest';
import { explainWait } from '../../functions/core/explain.ts';
import { explainAction } from '../../functions/core/explain-action.ts';
import { list } from '../../functions/core/explain-change.ts';
import { ACTIONS, ID, WAITS } from '../support/samples.ts';

/** Words that show a hole in a sentence. */
const HOLES = /undefined|null|\[object|NaN| {2}|\.$/;

/** Every text of the value, but not its kind: names, ids, reasons. */
const subjectsOf = (value: object): readonly string[] =>
  Object.entries(value)
    .filter(([name]) => name === 'instanceId' || name === 'memberId' || name === 'instanceIds')
    .flatMap(([, subject]) => subject);

describe.each(Object.values(WAITS))('the wait $kind', (wait) => {
  const sentence = explainWait('core', wait);

  test('is explained in one sentence that names the cluster and whom it is about', () => {
    expect(sentence).toMatch(/^cluster core\b/);
    expect(sentence).not.toMatch(HOLES);
    expect(sentence.split(/\s/).length).toBeGreaterThan(8);
    for (const subject of subjectsOf(wait)) expect(sentence).toContain(subject);
  });
});

describe.each(Object.values(ACTIONS))('the action $kind', (action) => {
  test('is explained in one sentence that names the cluster and whom it is about', () => {
    const sentence = explainAction('core', action);
    expect(sentence).toMatch(/^cluster core\b/);
    expect(sentence).not.toMatch(HOLES);
    for (const subject of subjectsOf(action)) expect(sentence).toContain(subject);
  });
});

test('no two waits are explained in the same words', () => {
  const sentences = Object.values(WAITS).map((wait) => explainWait('core', wait));
  expect(new Set(sentences).size).toBe(sentences.length);
});

test('a removal says why, whichever reason it has', () => {
  const reasons = (['terminating', 'instanceGone', 'diskLost', 'neverStarted', 'neverCaughtUp'] as const).map(
    (because) => explainAction('core', { ...ACTIONS.removeMember, because }),
  );
  expect(new Set(reasons).size).toBe(reasons.length);
});

test('a rebuilt claim is told from a pinned one', () => {
  const rebuilt = explainAction('core', { ...ACTIONS.writeClaim, because: 'rebuilt' });
  const mended = explainAction('core', { ...ACTIONS.writeClaim, because: 'unreadable' });
  expect(mended).not.toBe(rebuilt);
  expect(rebuilt).not.toBe(explainAction('core', ACTIONS.writeClaim));
});

test('the verdict behind a risk is told in numbers', () => {
  expect(explainWait('core', WAITS.quorumAtRisk)).toContain('1 of 2 voters would answer and 2 must');
});

test('names are listed in the order they came', () => {
  expect(list([ID.b, ID.a])).toBe(`${ID.b}, ${ID.a}`);
});
