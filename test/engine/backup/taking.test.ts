import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeManifest } from '../../../functions/core/backup/manifest.ts';
import { NO_BACKUP } from '../../../functions/core/backup/parameter.ts';
import { BackupStage, BUCKET, CLUSTER, idOf, memberOf, START_MS, throttled, unavailable } from './world.ts';

const MINUTE_MS = 60_000;
const KEY = 'etcd-autopilot/core/snapshots/2026-11-21T10-00-00Z-50';

/** What is left of a stage in which nothing may have been taken. */
const nothingStands = (stage: BackupStage): void => {
  expect(stage.keys()).toEqual([]);
  expect(stage.objects.uploads.size).toBe(0);
  expect(stage.record?.last ?? null).toBeNull();
};

describe('a snapshot', () => {
  test('is the database of a follower as it came, with a manifest that says all of it', async () => {
    const stage = new BackupStage();
    const report = await stage.run();
    expect(stage.keys()).toEqual([`${KEY}.db`, `${KEY}.json`]);
    const database = stage.members.get(2)?.database ?? Buffer.alloc(0);
    expect(Buffer.from(stage.objects.objects.get(`${KEY}.db`)?.bytes ?? [])).toEqual(database);
    const manifest = decodeManifest((await stage.objects.readText(`${KEY}.json`)) ?? '');
    expect(manifest).toEqual({
      cluster: CLUSTER,
      clusterId: '77',
      memberId: '2',
      instanceId: idOf(2),
      etcdVersion: '3.6.14',
      takenAt: '2026-11-21T10:00:00.000Z',
      sizeBytes: database.length,
      sha256: createHash('sha256').update(database).digest('hex'),
      atRevision: '50',
      hash: '92',
      compactRevision: '-1',
      keyCount: 12,
      origin: 'operator',
    });
    expect(report).toMatchObject({ kind: 'taken', taken: { key: `${KEY}.db`, manifest }, error: null });
  });

  test('is written down, told of, and sent to be verified', async () => {
    const stage = new BackupStage();
    await stage.run();
    const key = `${KEY}.db`;
    expect(stage.record).toMatchObject({
      last: { key, at: '2026-11-21T10:00:00.000Z', revision: '50' },
      restorable: null,
      lastFailure: null,
    });
    expect(stage.sent).toEqual([
      {
        to: 'verification',
        body: expect.objectContaining({ request: 'verify', cluster: CLUSTER, bucket: BUCKET, key }),
      },
    ]);
    expect(stage.events).toEqual([
      {
        detailType: 'Backup Completed',
        detail: expect.objectContaining({ cluster: CLUSTER, uri: `s3://${BUCKET}/${key}`, revision: '50' }),
      },
    ]);
  });

  test('goes into the bucket, and below the prefix, that the settings name', async () => {
    const stage = new BackupStage({ bucket: 'elsewhere', prefix: 'mine/' });
    const opened: string[] = [];
    stage.trouble = (call, name) => {
      if (call === 'openBucket') opened.push(name);
    };
    await stage.run();
    expect(opened).toEqual(['elsewhere']);
    expect(stage.keys('.db')).toEqual(['mine/core/snapshots/2026-11-21T10-00-00Z-50.db']);
  });

  test('never takes the name of another: two in one second are two', async () => {
    const stage = new BackupStage();
    await stage.run();
    await stage.run();
    expect(stage.keys('.db')).toEqual([`${KEY}.db`, KEY.replace('00Z', '01Z').concat('.db')]);
  });

  test('of a member that does not tell its hash in time is taken all the same, and compared with less', async () => {
    const stage = new BackupStage();
    stage.trouble = (call) => {
      if (call === 'hashKv') throw unavailable('it takes too long');
    };
    expect(await stage.run()).toMatchObject({
      kind: 'taken',
      taken: { manifest: { hash: null, compactRevision: null, keyCount: null } },
    });
  });
});

describe('S45 what is no whole database', () => {
  async function* broken(
    stage: BackupStage,
    end: 'cut' | 'error' | 'empty' | 'foreign' | 'bent',
  ): AsyncGenerator<Uint8Array> {
    const whole = stage.members.get(2)?.database ?? Buffer.alloc(0);
    if (end === 'empty') return;
    if (end === 'foreign') {
      yield Buffer.from('<html>502 Bad Gateway</html>');
      return;
    }
    const bent = Buffer.from(whole);
    if (end === 'bent') bent.writeUInt8(bent.readUInt8(5_000) ^ 255, 5_000);
    yield bent.subarray(0, 4_000);
    if (end === 'error') throw unavailable('the member died');
    yield bent.subarray(4_000, end === 'cut' ? 8_000 : undefined);
  }

  test.each(['cut', 'error', 'empty', 'foreign', 'bent'] as const)(
    'leaves no object that looks good when every member sends it %s, and is told',
    async (end) => {
      const stage = new BackupStage();
      for (const [n, member] of stage.members)
        stage.members.set(n, { ...member, stream: () => broken(stage, end) });
      const report = await stage.run();
      const code = end === 'error' ? 'ETCD_UNAVAILABLE' : 'SNAPSHOT_DAMAGED';
      expect(report).toMatchObject({ kind: 'failed', error: { code } });
      nothingStands(stage);
      expect(stage.record?.lastFailure).toMatchObject({ code, at: '2026-11-21T10:00:00.000Z' });
      expect(stage.events).toEqual([
        { detailType: 'Backup Failed', detail: expect.objectContaining({ cluster: CLUSTER, code }) },
      ]);
      expect(stage.sent).toEqual([]);
    },
  );

  test('S48 is had from another healthy member, once', async () => {
    const stage = new BackupStage();
    const [second, third] = [stage.members.get(2), stage.members.get(3)];
    if (second === undefined || third === undefined) throw new Error('three members');
    stage.members.set(2, { ...second, stream: () => broken(stage, 'error') });
    expect(await stage.run()).toMatchObject({
      kind: 'taken',
      taken: { manifest: { memberId: '3', instanceId: idOf(3) } },
    });
    expect(stage.streamed).toEqual([2, 3]);
    expect(stage.keys('.db')).toHaveLength(1);
    const worse = new BackupStage();
    worse.members.set(2, { ...second, stream: () => broken(worse, 'error') });
    worse.members.set(3, { ...third, stream: () => broken(worse, 'error') });
    expect(await worse.run()).toMatchObject({ kind: 'failed' });
    // The leader is not burdened with a third try: the next minute is soon enough.
    expect(worse.streamed).toEqual([2, 3]);
  });

  test('S48 is had from another when the first was removed between the look and the stream', async () => {
    const stage = new BackupStage();
    const second = memberOf(2);
    let asked = 0;
    stage.members.set(2, {
      ...second,
      get linearizable() {
        asked += 1;
        return asked === 1;
      },
    });
    expect(await stage.run()).toMatchObject({ kind: 'taken', taken: { manifest: { memberId: '3' } } });
    expect(stage.streamed).toEqual([3]);
  });
});

describe('nothing is taken', () => {
  test.each([
    [
      'a cluster that is being deleted',
      'deleting',
      (stage: BackupStage) => stage.texts.set('teardown', '{}'),
    ],
    ['a cluster that is frozen', 'frozen', (stage: BackupStage) => stage.configure({}, true)],
    ['a cluster that nobody registered', 'notFounded', (stage: BackupStage) => stage.texts.delete('config')],
    [
      'a cluster of which no voter has answered yet',
      'notFounded',
      (stage: BackupStage) => {
        const claim = JSON.parse(stage.texts.get('bootstrap') ?? '');
        stage.texts.set('bootstrap', JSON.stringify({ ...claim, clusterId: undefined }));
      },
    ],
  ])('of %s', async (_, because, make) => {
    const stage = new BackupStage();
    make(stage);
    expect(await stage.run()).toEqual({ kind: 'skipped', because });
    expect([stage.keys(), stage.sent, stage.events, stage.writeCount]).toEqual([[], [], [], 0]);
  });

  test('of another cluster than the pinned one, which is told', async () => {
    const stage = new BackupStage();
    for (const n of [1, 2, 3]) stage.members.set(n, memberOf(n, { clusterId: '78' }));
    expect(await stage.run()).toMatchObject({ kind: 'failed', error: { code: 'ETCD_REFUSED' } });
    nothingStands(stage);
    const mixed = new BackupStage();
    mixed.members.set(3, memberOf(3, { clusterId: '78' }));
    expect(await mixed.run()).toMatchObject({ kind: 'failed', error: { code: 'ETCD_REFUSED' } });
  });

  test('while no voter answers, and who is silent is told', async () => {
    const stage = new BackupStage();
    for (const [n, member] of stage.members) stage.members.set(n, { ...member, linearizable: false });
    const report = await stage.run();
    expect(report).toMatchObject({ kind: 'failed', error: { code: 'ETCD_UNAVAILABLE' } });
    expect(stage.record?.lastFailure?.text).toContain('http://10.0.0.2:2379: no quorum');
    stage.members.clear();
    stage.nowMs += MINUTE_MS;
    await stage.run();
    expect(stage.record?.lastFailure?.text).toContain('no instance runs');
  });

  test('where S3 refuses: another member would be refused, too', async () => {
    const stage = new BackupStage();
    stage.trouble = (call) => {
      if (call === 'uploadPart') throw throttled();
    };
    expect(await stage.run()).toMatchObject({ kind: 'failed', error: { code: 'AWS_THROTTLED' } });
    expect(stage.streamed).toEqual([2]);
    nothingStands(stage);
  });

  test('with settings that are wrong: nobody knows where it should go', async () => {
    const stage = new BackupStage();
    stage.texts.set('config', '{"version":1}');
    await expect(stage.run()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('a failure', () => {
  test('is an event when it is news, and only then', async () => {
    const stage = new BackupStage();
    const members = [...stage.members];
    stage.members.clear();
    await stage.run();
    await stage.later(5);
    expect(stage.events.map(({ detailType }) => detailType)).toEqual(['Backup Failed']);
    for (const [n, member] of members) stage.members.set(n, member);
    await stage.later(5);
    stage.members.clear();
    await stage.later(60);
    expect(stage.events.map(({ detailType }) => detailType)).toEqual([
      'Backup Failed',
      'Backup Completed',
      'Backup Failed',
    ]);
  });

  test('is told as it is, though the record of it cannot be written', async () => {
    const stage = new BackupStage();
    stage.members.clear();
    stage.trouble = (call) => {
      if (call === 'write' || call === 'publish') throw throttled();
    };
    expect(await stage.run()).toMatchObject({ kind: 'failed', error: { code: 'ETCD_UNAVAILABLE' } });
  });
});

describe('the schedule', () => {
  test('takes the first at once, then one an interval, and costs nothing between', async () => {
    const stage = new BackupStage();
    stage.record = NO_BACKUP;
    let taken = 0;
    let reads = 0;
    for (let minute = 0; minute < 180; minute += 1) {
      stage.trouble = (call) => {
        reads += Number(call === 'list' || call === 'readText');
      };
      const { kind } = await stage.later(1, { kind: 'schedule' });
      taken += Number(kind === 'taken');
      if (kind === 'notDue') expect(reads).toBe(0);
      reads = 0;
    }
    expect(taken).toBe(3);
    expect(stage.keys('.db')).toHaveLength(3);
  });

  test('tries again five minutes after a failure', async () => {
    const stage = new BackupStage();
    stage.record = NO_BACKUP;
    const members = [...stage.members];
    stage.members.clear();
    const kinds: string[] = [];
    for (let minute = 0; minute < 12; minute += 1) {
      if (minute === 7) for (const [n, member] of members) stage.members.set(n, member);
      kinds.push((await stage.later(1, { kind: 'schedule' })).kind);
    }
    const rest = Array(4).fill('notDue');
    expect(kinds).toEqual(['failed', ...rest, 'failed', ...rest, 'taken', 'notDue']);
  });

  test('takes none where the interval is zero, and an operator still may', async () => {
    const stage = new BackupStage({ intervalMinutes: 0 });
    expect(await stage.run({ kind: 'schedule' })).toEqual({ kind: 'notDue' });
    expect(await stage.run()).toMatchObject({ kind: 'taken' });
  });

  test('reads the bucket again when somebody deleted or broke the record, before it takes another', async () => {
    const stage = new BackupStage();
    await stage.run();
    for (const text of [null, '{"version":9}', 'x']) {
      if (text === null) stage.texts.delete('backup');
      else stage.texts.set('backup', text);
      expect(await stage.later(5, { kind: 'schedule' })).toMatchObject({ kind: 'refreshed' });
      expect(stage.record?.last?.key).toBe(`${KEY}.db`);
    }
    stage.texts.delete('backup');
    expect(await stage.later(60, { kind: 'schedule' })).toMatchObject({ kind: 'taken' });
    expect(stage.nowMs).toBe(START_MS + 75 * MINUTE_MS);
  });
});
