import { describe, expect, test } from 'vitest';
import { configFromProperties } from '../../functions/core/config.ts';
import {
  encodeTeardown,
  judgeFarewell,
  readRegistered,
  refusalsOf,
} from '../../functions/core/custom-resource.ts';

const OURS = 'stack/ours';
const THEIRS = 'stack/theirs';
const registeredOf = (texts: Readonly<Record<string, string>>) =>
  readRegistered(new Map(Object.entries(texts)));
const configOf = (stackId: string) => {
  const parsed = configFromProperties({}, stackId);
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return parsed.config;
};

describe('what is recorded of a cluster', () => {
  test.each(['bootstrap', 'endpoints', 'peers', 'status', 'members/i-0a'])(
    'says founded by its %s',
    (name) => {
      expect(registeredOf({ [name]: 'x' }).isFounded).toBe(true);
    },
  );

  test.each(['config', 'teardown', 'reports/i-0a'])('does not say founded by its %s', (name) => {
    expect(registeredOf({ [name]: 'x' }).isFounded).toBe(false);
  });

  test('names its owner by its settings, and by the recorded intent when those are gone', () => {
    const teardown = encodeTeardown(THEIRS, 0);
    expect(registeredOf({ config: `{"stackId":"${OURS}"`, teardown }).owner).toBe(OURS);
    expect(registeredOf({ teardown })).toMatchObject({
      owner: THEIRS,
      teardown: { stackId: THEIRS, at: '1970-01-01T00:00:00.000Z' },
    });
    expect(registeredOf({ bootstrap: 'x' }).owner).toBeNull();
  });

  test('holds an intent that nobody can read all the same', () => {
    expect(registeredOf({ teardown: 'yes' }).teardown).toEqual({ stackId: null, at: null });
  });
});

describe('a deletion', () => {
  test.each([
    [{}, 'nothing'],
    [{ config: `{"stackId":"${THEIRS}"}`, bootstrap: 'x' }, 'nothing'],
    [{ config: `{"stackId":"${OURS}"}` }, 'removeNames'],
    [{ config: `{"stackId":"${OURS}"}`, status: 'x' }, 'waitForPass'],
    [{ bootstrap: 'x' }, 'waitForPass'],
  ])('of %j leaves to do: %s', (texts, farewell) => {
    expect(judgeFarewell(registeredOf(texts), OURS)).toBe(farewell);
  });
});

describe('a registration', () => {
  test('is allowed where nothing is', () => {
    expect(refusalsOf('core', registeredOf({}), configOf(OURS), false)).toEqual([]);
  });

  test('of another stack is never allowed, not even to who knew the cluster before', () => {
    const registered = registeredOf({ config: `{"stackId":"${THEIRS}"}` });
    for (const isKnown of [true, false]) {
      expect(refusalsOf('core', registered, configOf(OURS), isKnown)).toEqual([
        `cluster 'core' belongs to stack ${THEIRS}`,
      ]);
    }
  });

  test('while a deletion is under way is refused to a newcomer only', () => {
    const registered = registeredOf({ teardown: encodeTeardown(OURS, 0), bootstrap: 'x' });
    expect(refusalsOf('core', registered, configOf(OURS), true)).toEqual([]);
    expect(refusalsOf('core', registered, configOf(OURS), false)).toHaveLength(1);
  });
});
