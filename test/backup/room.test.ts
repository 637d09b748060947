import { describe, expect, test } from 'vitest';
import type { BackupAnswer } from '../../functions/backup/answer.ts';
import { answerOperator } from '../../functions/backup/operator.ts';
import { type BackupRoom, workOnBatch } from '../../functions/backup/room.ts';
import { manifestKey, verifiedKey } from '../../functions/core/backup/keys.ts';
import { backupNowBody, captureBody, refreshBody } from '../../functions/core/backup/messages.ts';
import { encodeVerified } from '../../functions/core/backup/verified.ts';
import { tickBody } from '../../functions/core/tick.ts';
import { createLogger } from '../../functions/edge/logger.ts';
import { createMetrics } from '../../functions/edge/metrics.ts';
import { BackupStage, BUCKET, CLUSTER, idOf, throttled } from '../engine/backup/world.ts';

/** A room on a stage, with what it logs. */
class Stage extends BackupStage {
  readonly lines: Record<string, unknown>[] = [];
  dryRun = false;

  room(): BackupRoom {
    const write = (line: string): void => {
      this.lines.push(JSON.parse(line));
    };
    const nowMs = (): number => this.nowMs;
    return {
      ports: this.ports(),
      dryRun: this.dryRun,
      logger: createLogger('debug', nowMs, write),
      metrics: createMetrics(nowMs, write),
      takeCalls: () => ({}),
    };
  }

  async receive(body: string, group = CLUSTER): Promise<void> {
    const records = [{ body, attributes: { MessageGroupId: group } }];
    expect(await workOnBatch(this.room(), records, context())).toEqual({ batchItemFailures: [] });
  }

  ask(fields: Readonly<Record<string, unknown>>): Promise<BackupAnswer> {
    const event = { etcdAutopilot: 1, request: 'backup', cluster: CLUSTER, ...fields };
    return answerOperator(this.room(), event, context());
  }

  /** The line of what a message came to. */
  get finished(): Readonly<Record<string, unknown>> | undefined {
    return this.lines.find(({ event }) => event === 'backup.finished');
  }

  figure(name: string): unknown {
    return this.lines.find((line) => name in line)?.[name];
  }
}

const context = () => Object({ awsRequestId: 'request-1', getRemainingTimeInMillis: () => 900_000 });

describe('a message', () => {
  test('of the minute takes a snapshot when one is due, and says what it cost', async () => {
    const stage = new Stage();
    await stage.receive(tickBody('backup', CLUSTER, 'n1'));
    expect(stage.finished).toMatchObject({
      level: 'info',
      cluster: CLUSTER,
      trigger: 'schedule',
      outcome: 'taken',
    });
    expect(stage.keys('.db')).toHaveLength(1);
    expect(stage.figure('BackupTaken')).toBe(1);
    expect(stage.figure('BackupSizeBytes')).toBe(20 * 512 + 32);
  });

  test('of the minute with nothing to do is told to nobody but who debugs, and counts nothing', async () => {
    const stage = new Stage();
    await stage.receive(backupNowBody(CLUSTER, 'n1'));
    stage.lines.length = 0;
    await stage.receive(tickBody('backup', CLUSTER, 'n2'));
    expect(stage.lines).toEqual([expect.objectContaining({ level: 'debug', outcome: 'notDue' })]);
  });

  test('of an operator takes one now, and one of verification reads the bucket again', async () => {
    const stage = new Stage();
    await stage.receive(backupNowBody(CLUSTER, 'n1'));
    expect(stage.finished).toMatchObject({ trigger: 'operator', outcome: 'taken', instanceId: idOf(2) });
    const [key = ''] = stage.keys('.db');
    const found = {
      key,
      at: '2026-11-21T10:05:00.000Z',
      restorable: true,
      reason: null,
      revision: '51',
      keyCount: 12,
    };
    await stage.objects.writeText(verifiedKey(key), encodeVerified({ ...found, etcdVersion: '3.6.14' }));
    await stage.receive(refreshBody(CLUSTER, false, 'n2'));
    expect(stage.record?.restorable).toMatchObject({ key, revision: '51' });
  });

  test('that fails is acknowledged, told as an error, and counted', async () => {
    const stage = new Stage();
    stage.members.clear();
    await stage.receive(backupNowBody(CLUSTER, 'n1'));
    expect(stage.finished).toMatchObject({
      level: 'error',
      outcome: 'failed',
      errorCode: 'ETCD_UNAVAILABLE',
    });
    expect(stage.figure('BackupFailed')).toBe(1);
  });

  test('whose snapshot stands while the old ones could not be removed is an error, too', async () => {
    const stage = new Stage();
    stage.trouble = (call) => {
      if (call === 'list') throw throttled();
    };
    await stage.receive(backupNowBody(CLUSTER, 'n1'));
    expect(stage.finished).toMatchObject({ level: 'error', outcome: 'taken', because: 'notPruned' });
    expect([stage.figure('BackupTaken'), stage.figure('RetentionFailed')]).toEqual([1, 1]);
  });

  test('for which nobody can read the parameters is acknowledged, told and counted', async () => {
    const stage = new Stage();
    stage.trouble = (call) => {
      if (call === 'readAll') throw throttled();
    };
    await stage.receive(backupNowBody(CLUSTER, 'n1'));
    expect(stage.lines[0]).toMatchObject({ event: 'room.failed', errorCode: 'AWS_THROTTLED' });
    expect(stage.figure('RoomFailed')).toBe(1);
  });

  test.each([
    ['{"etcdAutopilot":1,"request":"look"}', CLUSTER, /requests that come by queue/],
    ['nonsense', CLUSTER, /not a JSON object/],
    [backupNowBody(CLUSTER, 'n'), 'Not A Cluster', /not a cluster name/],
  ])('that nobody can read (%s) is kept once, with its reason', async (body, group, reason) => {
    const stage = new Stage();
    await stage.receive(body, group);
    expect(stage.lines[0]).toMatchObject({
      event: 'message.unreadable',
      because: expect.stringMatching(reason),
    });
    expect(stage.figure('MessageUnreadable')).toBe(1);
    expect(stage.keys()).toEqual([]);
  });

  test('for a capture that nobody asks for does nothing, and says why', async () => {
    const stage = new Stage();
    await stage.receive(captureBody(CLUSTER, { recovery: 1, instanceId: idOf(1) }, 'n'));
    expect(stage.finished).toMatchObject({ outcome: 'skipped', because: 'notAsked' });
  });

  test('does nothing in a stack that runs dry', async () => {
    const stage = new Stage();
    stage.dryRun = true;
    await stage.receive(backupNowBody(CLUSTER, 'n1'));
    expect([stage.keys(), stage.finished?.['outcome']]).toEqual([[], 'dryRun']);
  });

  test('that takes longer than the function may is told before Lambda ends it', async () => {
    const stage = new Stage();
    const records = [{ body: backupNowBody(CLUSTER, 'n1'), attributes: { MessageGroupId: CLUSTER } }];
    const never = { ...stage.ports(), scaling: { listGroups: () => new Promise<never>(() => {}) } };
    const room = { ...stage.room(), ports: never };
    await workOnBatch(room, records, Object({ ...context(), getRemainingTimeInMillis: () => 5_050 }));
    expect(stage.finished).toMatchObject({ level: 'error', outcome: 'late' });
    expect(stage.figure('RoomFailed')).toBe(1);
  });
});

describe('an operator', () => {
  test('who asks for a snapshot is told since when to look for it, and it is asked for in the queue', async () => {
    const stage = new Stage();
    const answer = {
      ok: true,
      action: 'now',
      cluster: CLUSTER,
      askedAt: '2026-11-21T10:00:00.000Z',
      key: null,
    };
    expect(await stage.ask({ action: 'now' })).toMatchObject(answer);
    expect(stage.sent).toEqual([
      {
        to: 'backup',
        body: expect.objectContaining({ request: 'backup', from: 'operator', nonce: 'request-1' }),
      },
    ]);
    expect(stage.keys()).toEqual([]);
  });

  test('who lists gets them newest first, each with its state and where it lies', async () => {
    const stage = new Stage();
    await stage.run();
    await stage.later(60);
    const [old = '', recent = ''] = stage.keys('.db');
    stage.objects.put(recent, Buffer.from('damaged since'));
    stage.objects.put(manifestKey(old).replace('-50', '-51'), Buffer.from('{}'));
    stage.objects.put(old.replace('-50', '-51'), Buffer.from('x'));
    expect(await stage.ask({ action: 'list' })).toMatchObject({
      ok: true,
      action: 'list',
      bucket: BUCKET,
      moreCount: 0,
      lastFailure: null,
      unverifiable: false,
      snapshots: [
        { key: recent, state: 'notRestorable', reason: expect.stringContaining('13 bytes') },
        {
          key: old,
          uri: `s3://${BUCKET}/${old}`,
          state: 'intact',
          atRevision: '50',
          revision: null,
          keyCount: 12,
        },
      ],
      strange: [{ key: old.replace('-50', '-51'), reason: 'its manifest cannot be read' }],
    });
  });

  test('who asks for a proof has the newest verified, or the one that is named', async () => {
    const stage = new Stage();
    await stage.run();
    await stage.later(60);
    const [old = '', recent = ''] = stage.keys('.db');
    stage.sent.length = 0;
    expect(await stage.ask({ action: 'verify' })).toMatchObject({ ok: true, key: recent });
    expect(await stage.ask({ action: 'verify', key: old })).toMatchObject({ ok: true, key: old });
    expect(stage.sent.map(({ to, body }) => [to, Object(body).key])).toEqual([
      ['verification', recent],
      ['verification', old],
    ]);
  });

  test.each([
    ['a snapshot that is not there', { action: 'verify', key: 'x' }, 'AWS_GONE', /has no snapshot x/],
    ['the newest of none', { action: 'verify' }, 'AWS_GONE', /has no snapshot yet/],
    ['something else', { action: 'delete' }, 'EVENT_MALFORMED', /"now", "list" or "verify"/],
  ])('who asks for %s is refused with the reason', async (_, fields, code, message) => {
    expect(await new Stage().ask(fields)).toEqual({
      etcdAutopilot: 1,
      ok: false,
      code,
      message: expect.stringMatching(message),
    });
  });

  test('is refused where nothing may be taken, and may list all the same while it is frozen', async () => {
    const stage = new Stage();
    stage.configure({}, true);
    expect(await stage.ask({ action: 'now' })).toMatchObject({
      ok: false,
      message: expect.stringMatching(/frozen/),
    });
    expect(await stage.ask({ action: 'list' })).toMatchObject({ ok: true });
    stage.configure({});
    stage.dryRun = true;
    expect(await stage.ask({ action: 'now' })).toMatchObject({
      ok: false,
      message: expect.stringMatching(/runs dry/),
    });
    stage.texts.set('teardown', '{}');
    expect(await stage.ask({ action: 'list' })).toMatchObject({
      ok: false,
      message: expect.stringMatching(/its snapshots stay/),
    });
    stage.texts.clear();
    expect(await stage.ask({ action: 'list' })).toMatchObject({
      ok: false,
      message: /there is no cluster core/,
    });
  });

  test('hears of a listing that cannot be read, and never of a shorter one', async () => {
    const stage = new Stage();
    await stage.run();
    stage.trouble = (call) => {
      if (call === 'readText') throw throttled();
    };
    expect(await stage.ask({ action: 'list' })).toMatchObject({ ok: false, code: 'AWS_THROTTLED' });
  });
});
