import { describe, expect, test } from 'vitest';
import { explainMaintenance, explainMaintenanceAction } from '../../functions/core/explain-maintenance.ts';
import { NO_SPACE_RECORD } from '../../functions/core/space.ts';

const AT = 'cluster core';
const MB = 1_048_576;

describe('what waits because of databases is told with what to do', () => {
  test.each([
    ['tooOften', 'three times in a day'],
    ['noRoom', 'no past is left to forget'],
    ['stuck', 'do not shrink'],
  ] as const)('a full database, for %s', (because, words) => {
    const text = explainMaintenance(AT, {
      kind: 'quotaReached',
      because,
      inUseBytes: 90 * MB,
      limitBytes: 100 * MB,
    });
    expect(text).toContain(words);
    expect(text).toContain('they hold 90 MiB, of 100 MiB');
    expect(text).toContain('delete the parameter maintenance');
  });

  test('one whose size nobody tells', () => {
    const wait = { kind: 'quotaReached', because: 'stuck', inUseBytes: null, limitBytes: MB } as const;
    expect(explainMaintenance(AT, wait)).toContain('no member tells how much they hold');
  });

  test.each(['alarms', 'same', 'stranger', 'tooFew', 'noMajority', 'several'] as const)(
    'members that differ, for %s',
    (because) => {
      const text = explainMaintenance(AT, { kind: 'corruptUnclear', memberIds: ['11', '22'], because });
      expect(text).toContain('11, 22');
      expect(text).toContain('nothing changes');
      expect(text).not.toContain('undefined');
    },
  );

  test.each(['freeing', 'members', 'permit', 'reboot', 'change'] as const)(
    'room that is made: %s',
    (next) => {
      expect(explainMaintenance(AT, { kind: 'makingSpace', next, repairCount: 1 })).not.toContain(
        'undefined',
      );
    },
  );
});

describe('what is done to databases is told with its reason', () => {
  test.each([1, 2, 3, 4])('the repair number %d of a day', (count) => {
    const repair = { startedAtMs: 1, limitBytes: MB, compacted: null, attempts: {} };
    const record = { repairsAtMs: Array.from({ length: count }, () => 1), repair };
    const text = explainMaintenanceAction(AT, { kind: 'noteSpace', record });
    expect(text).toContain(['first', 'second', 'third', '4th'][count - 1]);
  });

  test('the end of a repair', () => {
    const text = explainMaintenanceAction(AT, { kind: 'noteSpace', record: NO_SPACE_RECORD });
    expect(text).toContain('have room again');
  });

  test.each([
    ['spaceMade', 'have room again'],
    ['memberGone', 'that member is removed'],
  ] as const)('an alarm that is taken back, for %s', (because, words) => {
    const alarm = { memberId: '11', alarm: 'NOSPACE' };
    expect(explainMaintenanceAction(AT, { kind: 'disarm', alarm, because, record: null })).toContain(words);
  });

  test.each([
    ['noSpace', 'takes no writes'],
    ['quotaNear', 'nearly full'],
    ['fragmented', 'is empty'],
  ] as const)('a defragmentation and a compaction, for %s', (because, words) => {
    const about = { memberId: '11', instanceId: null, endpoint: 'http://10.0.0.1:2379', record: null };
    expect(explainMaintenanceAction(AT, { kind: 'defragment', ...about, because })).toContain(words);
    const compact = { kind: 'compact', revision: '7', record: null, memory: null } as const;
    expect(explainMaintenanceAction(AT, { ...compact, because })).toContain('before revision 7');
  });
});
