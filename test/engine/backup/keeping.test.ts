import { describe, expect, test } from 'vitest';
import { manifestKey, verifiedKey } from '../../../functions/core/backup/keys.ts';
import { encodeVerified } from '../../../functions/core/backup/verified.ts';
import { type BackupStage, stageWith, throttled } from './world.ts';

const DAY_MINUTES = 24 * 60;
const DAY_MS = DAY_MINUTES * 60_000;

/** As verification writes it, and asks for a refresh then. */
async function verify(stage: BackupStage, key: string, restorable: boolean): Promise<void> {
  const found = {
    key,
    at: new Date(stage.nowMs).toISOString(),
    restorable,
    reason: restorable ? null : 'the hash differs',
    revision: restorable ? '55' : null,
    keyCount: restorable ? 12 : null,
    etcdVersion: '3.6.14',
  };
  await stage.objects.writeText(verifiedKey(key), encodeVerified(found));
  await stage.run({ kind: 'refresh', unverifiable: false });
}

describe('what is kept', () => {
  test('is as many as the settings say, and nothing of the others stays', async () => {
    const stage = await stageWith(40);
    expect(stage.keys('.db')).toHaveLength(24 + 1);
    expect(stage.keys('.json')).toHaveLength(24 + 1);
    stage.configure({ keepHourly: 3, keepDaily: 0, keepWeekly: 2 });
    await stage.later(60, { kind: 'schedule' });
    // Of this week, which began on Monday the 23rd, and of the one before.
    expect(stage.keys('.db').map((key) => key.slice(-26))).toEqual([
      '2026-11-22T23-00-00Z-50.db',
      '2026-11-23T01-00-00Z-50.db',
      '2026-11-23T02-00-00Z-50.db',
      '2026-11-23T03-00-00Z-50.db',
    ]);
  });

  test('S49 stays whole in a cluster that takes none any more, whatever time goes by', async () => {
    const stage = await stageWith(5);
    stage.members.clear();
    const before = stage.keys();
    for (let day = 0; day < 60; day += 1) await stage.later(DAY_MINUTES, { kind: 'schedule' });
    expect(stage.keys()).toEqual(before);
  });

  test('S46 stays whole when the listing, or one manifest of it, cannot be read, and that is told', async () => {
    for (const broken of ['list', 'readText']) {
      const stage = await stageWith(30);
      const before = stage.keys();
      let isTaken = false;
      stage.trouble = (call) => {
        isTaken ||= call === 'completeUpload';
        if (isTaken && call === broken) throw throttled();
      };
      const report = await stage.later(60);
      expect(report).toMatchObject({ kind: 'taken', pruned: null, error: { code: 'AWS_THROTTLED' } });
      expect(stage.keys()).toEqual(expect.arrayContaining([...before]));
      expect(stage.record?.lastFailure?.text).toMatch(/the snapshot was taken; what is too many could not/);
      stage.trouble = () => {};
      await stage.later(60);
      expect(stage.record?.lastFailure).toBeNull();
      expect(stage.keys('.db').length).toBeLessThan(before.length / 2 + 2);
    }
  });

  test('S46 is counted over all of 3,000 objects', async () => {
    const stage = await stageWith(1);
    const [key = ''] = stage.keys('.db');
    const [manifest = ''] = [await stage.objects.readText(manifestKey(key))];
    for (let hour = 1; hour <= 1_500; hour += 1) {
      const takenAt = new Date(stage.nowMs - hour * 3_600_000).toISOString();
      const name = key.replace(/\d{4}-.*Z/, takenAt.replace('.000Z', 'Z').replaceAll(':', '-'));
      stage.objects.put(name, Buffer.from('x'));
      const size = JSON.stringify({ ...JSON.parse(manifest ?? ''), takenAt, sizeBytes: 1 });
      stage.objects.put(manifestKey(name), Buffer.from(size));
    }
    expect(stage.keys()).toHaveLength(3_002);
    await stage.later(60);
    // 24 hours; six more days; and the weeks that begin before those.
    expect(stage.keys('.db').length).toBeGreaterThan(24);
    expect(stage.keys('.db').length).toBeLessThan(24 + 7 + 4);
  });

  test('holds nothing of what never became a snapshot, once a day is over', async () => {
    const stage = await stageWith(1);
    const [key = ''] = stage.keys('.db');
    const lost = key.replace('-50', '-49');
    stage.objects.put(lost, Buffer.from('half'));
    stage.objects.put(`${key}.bak`, Buffer.from('of somebody else'));
    stage.objects.uploads.set('u', { key: lost, uploadId: 'u', startedAtMs: stage.nowMs });
    await stage.later(DAY_MINUTES);
    expect([stage.keys().includes(lost), stage.objects.uploads.size]).toEqual([true, 1]);
    await stage.later(1);
    expect([stage.keys().includes(lost), stage.objects.uploads.size]).toEqual([false, 0]);
    expect(stage.keys()).toContain(`${key}.bak`);
  });

  test('goes manifest first, so that what is interrupted leaves nothing that looks like a snapshot', async () => {
    const stage = await stageWith(24);
    stage.configure({ keepHourly: 1, keepDaily: 0, keepWeekly: 1 });
    let removed = 0;
    stage.trouble = (call) => {
      if (call !== 'remove') return;
      removed += 1;
      if (removed > 30) throw throttled();
    };
    await stage.later(60);
    expect(stage.keys('.db').length).toBeGreaterThan(stage.keys('.json').length);
    for (const key of stage.keys('.json')) expect(stage.keys()).toContain(key.replace('.json', '.db'));
    stage.trouble = () => {};
    await stage.later(2 * DAY_MINUTES);
    expect(stage.keys('.db').length).toBe(stage.keys('.json').length);
  });
});

describe('what verification found', () => {
  test('stands in the record after a refresh, and the record is written when it says something else only', async () => {
    const stage = await stageWith(2);
    const [first = '', second = ''] = stage.keys('.db');
    await verify(stage, first, true);
    expect(stage.record?.restorable).toMatchObject({ key: first, revision: '55', clusterId: '77' });
    expect(stage.record?.last?.key).toBe(second);
    const { writeCount } = stage;
    await stage.run({ kind: 'refresh', unverifiable: false });
    expect(stage.writeCount).toBe(writeCount);
    await verify(stage, second, true);
    expect(stage.record?.restorable?.key).toBe(second);
  });

  test('S45 skips what is not restorable: an older one is the one to restore', async () => {
    const stage = await stageWith(3);
    const [first = '', second = '', third = ''] = stage.keys('.db');
    await verify(stage, first, true);
    await verify(stage, second, false);
    await verify(stage, third, false);
    expect(stage.record?.restorable?.key).toBe(first);
  });

  test('S49 keeps the only restorable one for years of snapshots that are not', async () => {
    const stage = await stageWith(1);
    const [good = ''] = stage.keys('.db');
    await verify(stage, good, true);
    for (let day = 0; day < 100; day += 1) {
      await stage.later(DAY_MINUTES, { kind: 'schedule' });
      await verify(stage, stage.record?.last?.key ?? '', false);
    }
    expect(stage.keys()).toEqual(expect.arrayContaining([good, manifestKey(good), verifiedKey(good)]));
    expect(stage.record?.restorable?.key).toBe(good);
    // Of those that are not, a week is kept for whoever looks why.
    expect(stage.keys('.db').length).toBeLessThan(12);
    expect(stage.nowMs - Date.parse(stage.record?.restorable?.at ?? '')).toBe(100 * DAY_MS);
  });

  test('is never, where there are no tools: the record says so', async () => {
    const stage = await stageWith(1);
    await stage.run({ kind: 'refresh', unverifiable: true });
    expect(stage.record).toMatchObject({ restorable: null, unverifiable: true });
    await stage.run({ kind: 'refresh', unverifiable: false });
    expect(stage.record?.unverifiable).toBe(false);
  });
});
