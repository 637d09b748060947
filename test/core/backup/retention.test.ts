import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStaleUpload, planRetention, staleLeftovers } from '../../../functions/core/backup/retention.ts';
import { type Sample, shelfWith } from './samples.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.parse('2026-11-21T12:30:00Z');
const KEEP = { hourly: 24, daily: 7, weekly: 4 };
const NOTHING = { hourly: 0, daily: 0, weekly: 0 };

const hourly = (count: number, endMs: number): readonly Sample[] =>
  Array.from({ length: count }, (_, index) => ({ at: endMs - index * HOUR_MS }));
const removed = (samples: readonly Sample[], keep = KEEP, nowMs = NOW_MS): readonly string[] =>
  planRetention(shelfWith(samples), keep, nowMs).map((key) => key.split('/').at(-1) ?? '');

describe('retention', () => {
  test('keeps the newest of each hour, day and week that has one', () => {
    const samples = hourly(60 * 24, NOW_MS);
    const gone = new Set(planRetention(shelfWith(samples), KEEP, NOW_MS));
    const kept = shelfWith(samples).snapshots.filter(({ key }) => !gone.has(key));
    const ages = kept.map(({ takenAtMs }) => Math.round((NOW_MS - takenAtMs) / HOUR_MS));
    const hours = Array.from({ length: 24 }, (_, hour) => hour);
    // The last hour of each earlier day, then the last hour of each earlier Sunday (the 15th, the 8th, the 1st).
    const days = [1, 2, 3, 4, 5, 6].map((day) => 12 + 24 * (day - 1) + 1);
    const weeks = [15, 8, 1].map((date) => (21 - date) * 24 + 12 - 23);
    expect(ages).toEqual([...new Set([...hours, ...days, ...weeks])].sort((one, other) => one - other));
  });

  test('says which go oldest first', () => {
    expect(removed(hourly(5, NOW_MS), { ...NOTHING, hourly: 2 })).toEqual([
      '2026-11-21T08-30-00Z-120.db',
      '2026-11-21T09-30-00Z-120.db',
      '2026-11-21T10-30-00Z-120.db',
    ]);
  });

  test('keeps what was just taken beside those that a clock took that was ahead', () => {
    const ahead = hourly(4, NOW_MS + DAY_MS);
    const gone = removed([...ahead, { at: NOW_MS }], { ...NOTHING, weekly: 1 });
    expect(gone.length).toBeGreaterThan(0);
    expect(gone).not.toContain('2026-11-21T12-30-00Z-120.db');
  });

  test('keeps what an idle cluster has, however old it gets (S49)', () => {
    const samples = hourly(20, NOW_MS);
    expect(removed(samples, KEEP, NOW_MS + 5 * 365 * DAY_MS)).toEqual([]);
  });

  test('prefers the restorable one of an hour to a later one that nobody restored yet', () => {
    const at = (minute: number) => NOW_MS - 5 * HOUR_MS + minute * 60_000;
    const samples: readonly Sample[] = [
      ...hourly(3, NOW_MS),
      { at: at(0) },
      { at: at(5), state: 'intact' },
      { at: at(10), state: 'intact', manifest: { origin: 'operator' } },
      { at: at(20), state: 'intact' },
    ];
    // The newest intact one stays, too, wherever it is: somebody may be restoring it.
    expect(removed(samples)).toEqual(['2026-11-21T07-35-00Z-120.db', '2026-11-21T07-40-00Z-120.db']);
  });

  test('never deletes the last restorable one, though newer ones are only intact', () => {
    const samples: readonly Sample[] = [
      { at: NOW_MS - 300 * DAY_MS },
      ...hourly(1_000, NOW_MS).map((sample) => ({ ...sample, state: 'intact' as const })),
    ];
    expect(removed(samples)).not.toContain('2026-01-25T12-30-00Z-120.db');
    expect(removed(samples).length).toBeGreaterThan(300);
  });

  test('never deletes anything where nothing is good', () => {
    const samples = hourly(400, NOW_MS - 60 * DAY_MS).map((sample) => ({
      ...sample,
      state: 'notRestorable' as const,
    }));
    expect(removed(samples)).toEqual([]);
  });

  test('gives one that cannot be restored nobody’s place, and lets it go after a week', () => {
    const bad: Sample = { at: NOW_MS - 60_000, state: 'notRestorable' };
    const old: Sample = { at: NOW_MS - 8 * DAY_MS, state: 'notRestorable' };
    const samples = [bad, old, { at: NOW_MS - 120_000 }, { at: NOW_MS - 180_000 }];
    expect(removed(samples, { ...NOTHING, hourly: 1 })).toEqual(['2026-11-13T12-30-00Z-120.db']);
  });

  test('keeps the last good one of each cluster that has had the name, or shares the place with it', () => {
    const manifest = { clusterId: '77' };
    const former: Sample = { at: NOW_MS - 90 * DAY_MS, manifest };
    const older: Sample = { at: NOW_MS - 91 * DAY_MS, manifest };
    expect(removed([...hourly(3, NOW_MS), former, older], NOTHING)).toEqual([
      '2026-08-22T12-30-00Z-120.db',
      '2026-11-21T10-30-00Z-120.db',
    ]);
  });

  test('keeps what a recovery captured for 30 days, restored or not', () => {
    const recovery = { manifest: { origin: 'recovery' as const, hash: null, keyCount: null } };
    const captured = (days: number): Sample => ({ at: NOW_MS - days * DAY_MS, ...recovery });
    const samples = [...hourly(3, NOW_MS), captured(29), captured(31)];
    expect(removed(samples, { ...NOTHING, hourly: 1 })).toEqual([
      '2026-10-21T12-30-00Z-120.db',
      '2026-11-21T10-30-00Z-120.db',
    ]);
  });

  test('never takes the last good one, and nothing twice, whatever there is and whatever is to be kept', () => {
    const states = fc.constantFrom('intact', 'restorable', 'notRestorable');
    const sample = fc.record({ at: fc.integer({ min: NOW_MS - 90 * DAY_MS, max: NOW_MS }), state: states });
    const keep = fc.record({ hourly: fc.nat(3), daily: fc.nat(3), weekly: fc.nat(3) });
    const samples = fc.uniqueArray(sample, { selector: ({ at }) => Math.floor(at / 1_000), maxLength: 40 });
    let goneCount = 0;
    fc.assert(
      fc.property(samples, keep, (made, kept) => {
        const shelf = shelfWith(made);
        const gone = planRetention(shelf, kept, NOW_MS);
        goneCount += gone.length;
        expect(new Set(gone).size).toBe(gone.length);
        const left = shelf.snapshots.filter(({ key }) => !gone.includes(key));
        for (const state of ['restorable', 'intact'] as const) {
          const before = shelf.snapshots.find((snapshot) => snapshot.state === state);
          if (before !== undefined) expect(left).toContain(before);
        }
        // What is left once is left again: retention settles.
        const again = shelfWith(left.map(({ takenAtMs, state }) => ({ at: takenAtMs, state })));
        expect(planRetention(again, kept, NOW_MS)).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(goneCount).toBeGreaterThan(300);
  });
});

describe('leftovers', () => {
  test('go after a day, when nobody can be writing them any more', () => {
    const shelf = {
      ...shelfWith([]),
      leftovers: [
        { key: 'a', sizeBytes: 1, modifiedAtMs: NOW_MS - DAY_MS - 1 },
        { key: 'b', sizeBytes: 1, modifiedAtMs: NOW_MS - DAY_MS },
      ],
    };
    expect(staleLeftovers(shelf, NOW_MS)).toEqual(['a']);
    expect(isStaleUpload(NOW_MS - DAY_MS - 1, NOW_MS)).toBe(true);
    expect(isStaleUpload(NOW_MS - DAY_MS, NOW_MS)).toBe(false);
  });
});
