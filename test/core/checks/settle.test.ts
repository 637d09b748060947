import { describe, expect, test } from 'vitest';
import { byWorth, type Found, found } from '../../../functions/core/checks/finding.ts';
import { type ChecksMemory, NO_CHECKS } from '../../../functions/core/checks/memory.ts';
import { type Round, settle } from '../../../functions/core/checks/settle.ts';
import { NOW_MS } from '../../support/observations.ts';

const CRITICAL = found('quorumUnknown', 'core', 'no voter answers');
const WARNING = found('hookEdited', 'a-hook', 'it was changed');
const NOTICE = found('versionEnded', '3.4.23', 'it gets no corrections');
const MINUTE_MS = 60_000;

const round = (minute: number, over: Partial<Round> = {}): Round => ({
  cluster: 'core',
  nowMs: NOW_MS + minute * MINUTE_MS,
  isLookedAfter: true,
  hooks: [],
  hashedAt: null,
  ...over,
});

/** What is told at each of these rounds, one after the other. */
function told(...rounds: readonly (readonly Found[])[]): readonly (readonly string[])[] {
  let memory: ChecksMemory = NO_CHECKS;
  return rounds.map((all, minute) => {
    const settled = settle(all, memory, round(minute));
    memory = settled.memory;
    return settled.events.map(({ detailType }) => detailType).filter((type) => type.startsWith('Cluster'));
  });
}

describe('degraded and healthy', () => {
  test('what is critical is told at once', () => {
    expect(told([CRITICAL], [CRITICAL])).toEqual([['Cluster Degraded'], []]);
  });

  test('a warning is told when it has lasted for two rounds, and once', () => {
    expect(told([WARNING], [WARNING], [WARNING])).toEqual([[], ['Cluster Degraded'], []]);
    expect(told([WARNING], [], [WARNING], [])).toEqual([[], [], [], []]);
  });

  test('healthy is told after two clean rounds, only where degraded was', () => {
    expect(told([CRITICAL], [], [])).toEqual([['Cluster Degraded'], [], ['Cluster Healthy']]);
    expect(told([CRITICAL], [], [WARNING], [], [])).toEqual([
      ['Cluster Degraded'],
      [],
      [],
      [],
      ['Cluster Healthy'],
    ]);
    expect(told([], [], [])).toEqual([[], [], []]);
  });

  test('what is put back already makes no cluster degraded', () => {
    const repaired = found('recordEdited', 'peers', 'it was', { repair: 'repaired' });
    expect(told([repaired], [repaired], [repaired])).toEqual([[], [], []]);
    expect(told([CRITICAL], [repaired], [repaired])).toEqual([['Cluster Degraded'], [], ['Cluster Healthy']]);
  });

  test('notices are nobody’s news', () => {
    expect(told([NOTICE], [NOTICE], [NOTICE])).toEqual([[], [], []]);
    expect(told([CRITICAL], [NOTICE], [NOTICE])).toEqual([['Cluster Degraded'], [], ['Cluster Healthy']]);
  });

  test('nothing is told of a cluster that is not looked after', () => {
    expect(settle([CRITICAL], NO_CHECKS, round(0, { isLookedAfter: false })).events).toEqual([]);
  });
});

describe('a finding', () => {
  test('keeps the time at which it was found first, as long as it stands', () => {
    const first = settle([WARNING], NO_CHECKS, round(0));
    const second = settle([WARNING, NOTICE], first.memory, round(1));
    const since = (minute: number) => new Date(NOW_MS + minute * MINUTE_MS).toISOString();
    expect(second.findings.map((one) => [one.code, one.since])).toEqual([
      ['hookEdited', since(0)],
      ['versionEnded', since(1)],
    ]);
    const third = settle([], second.memory, round(2));
    expect(settle([WARNING], third.memory, round(3)).findings[0]?.since).toBe(since(3));
  });

  test('that takes its time by nature is a notice until then', () => {
    const undone = found('changesUndone', 'addLearner i-1', 'it is about to be added');
    let memory: ChecksMemory = NO_CHECKS;
    const severities = [0, 1, 2, 3, 4].map((minute) => {
      const settled = settle([undone], memory, round(minute));
      memory = settled.memory;
      return settled.findings[0]?.severity;
    });
    expect(severities).toEqual(['notice', 'notice', 'notice', 'warning', 'warning']);
  });

  test('is told with what to do, the worst first', () => {
    const { findings } = settle([NOTICE, WARNING, CRITICAL], NO_CHECKS, round(0));
    expect(findings.map(({ severity }) => severity)).toEqual(['critical', 'warning', 'notice']);
    expect(findings.every(({ remedy }) => remedy.length > 10)).toBe(true);
    expect([...findings].sort(byWorth)).toEqual(findings);
  });
});

describe('drift', () => {
  const missing = found('hookMissing', 'a-hook', 'it is gone');
  const drift = (all: readonly Found[], memory = NO_CHECKS) =>
    settle(all, memory, round(0)).events.filter(({ detailType }) => detailType.startsWith('Drift'));

  test('is told once, as found or as put back', () => {
    expect(drift([{ ...missing, repair: 'repaired' }])).toEqual([
      { detailType: 'Drift Repaired', detail: { cluster: 'core', code: 'hookMissing', subject: 'a-hook' } },
    ]);
    expect(drift([WARNING]).map(({ detailType }) => detailType)).toEqual(['Drift Detected']);
    expect(drift([WARNING], settle([WARNING], NO_CHECKS, round(0)).memory)).toEqual([]);
  });

  test('is not told again of what membership told itself', () => {
    expect(drift([found('recordEdited', 'peers', 'it was', { repair: 'repaired' })])).toEqual([]);
    expect(drift([found('recordEdited', 'peers', 'it was', { repair: 'repairing' })])).toHaveLength(1);
  });

  test('what ails a cluster is no drift', () => {
    expect(drift([CRITICAL, NOTICE])).toEqual([]);
  });
});
