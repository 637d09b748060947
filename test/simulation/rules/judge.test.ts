import { describe, expect, test } from 'vitest';
import { CHANGES } from './deeds/changes.ts';
import type { Deed } from './deeds/deed.ts';
import { EVIDENCE, RIGHT } from './deeds/evidence.ts';
import { FOUNDING } from './deeds/founding.ts';
import { MAINTAINED, MAINTENANCE } from './deeds/maintenance.ts';
import { KNOWN, UNKNOWABLE } from './deeds/moments.ts';
import { RECOVERED, RECOVERY } from './deeds/recovery.ts';
import { CALM, TOLD } from './deeds/told.ts';
import { TOLERABLE, TOLERANCE } from './deeds/tolerance.ts';
import { RULES, type Rule } from './judge.ts';

const WRONG: readonly Deed[] = [
  ...FOUNDING,
  ...CHANGES,
  ...EVIDENCE,
  ...TOLD,
  ...KNOWN,
  ...TOLERANCE,
  ...RECOVERY,
  ...MAINTENANCE,
];
const RIGHTS: readonly Deed[] = [...RIGHT, ...CALM, ...UNKNOWABLE, ...TOLERABLE, ...RECOVERED, ...MAINTAINED];
const named = (deeds: readonly Deed[]) => deeds.map((one) => [one.name, one] as const);

/** The rules that were named so far. */
const objectedTo = new Set<string>();

describe('the judge objects when', () => {
  test.each(named(WRONG))('%s', async (_name, { words, deed }) => {
    const { violations } = (await deed()).etcd;
    expect(violations.filter((violation) => !words.test(violation))).toEqual([]);
    expect(violations.length).toBeGreaterThan(0);
    for (const violation of violations) objectedTo.add(violation.split(':')[0] ?? '');
  });
});

describe('the judge has nothing to say when', () => {
  test.each(named(RIGHTS))('%s', async (_name, { deed }) => {
    expect((await deed()).etcd.violations).toEqual([]);
  });
});

/** Where a rule is judged without being broken: most in an ordinary life, others when a cluster is recovered or maintained. */
const lifeOf = (rule: Rule) => ({ Q: RECOVERED, M: MAINTAINED })[rule[0] ?? '']?.[0] ?? CALM[0];

test.each(RULES)('%s is judged in a life that keeps it, and some deed was told to break it', async (rule) => {
  const world = await lifeOf(rule)?.deed();
  expect(world?.judge.judged[rule]).toBeGreaterThan(0);
  expect([...objectedTo]).toContain(rule);
});
