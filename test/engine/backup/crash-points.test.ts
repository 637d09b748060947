import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeManifest } from '../../../functions/core/backup/manifest.ts';
import {
  encodeRecovery,
  type RecoveryRecord,
  type SurvivorSource,
} from '../../../functions/core/recovery/record.ts';
import { BackupStage, CLUSTER_ID, idOf, stageWith } from './world.ts';

class Killed extends Error {}

/** Ends the process right before its `at`-th call of anything; false: it made fewer. */
async function killAt(stage: BackupStage, at: number, run: () => Promise<unknown>): Promise<boolean> {
  let calls = 0;
  stage.trouble = () => {
    calls += 1;
    if (calls >= at) throw new Killed();
  };
  const killed = await run().then(
    () => false,
    (error: unknown) => error instanceof Killed,
  );
  stage.trouble = () => {};
  return killed;
}

/** Whatever stands with a manifest is exactly what the manifest says. */
async function everySnapshotIsWhole(stage: BackupStage): Promise<void> {
  for (const key of stage.keys('.json')) {
    const manifest = decodeManifest((await stage.objects.readText(key)) ?? '');
    const bytes = stage.objects.objects.get(key.replace('.json', '.db'))?.bytes ?? new Uint8Array();
    expect(manifest?.sizeBytes).toBe(bytes.length);
    expect(manifest?.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
}

describe('a backup that is killed before any of its calls', () => {
  test('leaves nothing that looks good and is not, and the next one does what is to be done', async () => {
    let killedCount = 0;
    for (let at = 1; ; at += 1) {
      const stage = await stageWith(4);
      stage.configure({ keepHourly: 2, keepDaily: 0, keepWeekly: 0 });
      const before = stage.keys('.json').length;
      stage.nowMs += 3_600_000;
      const isKilled = await killAt(stage, at, () => stage.run({ kind: 'schedule' }));
      await everySnapshotIsWhole(stage);
      expect(stage.keys('.json').length).toBeGreaterThanOrEqual(before - 3);
      expect(stage.keys('.json').length).toBeGreaterThanOrEqual(2);
      if (!isKilled) break;
      killedCount += 1;
      const kinds = [(await stage.later(1, { kind: 'schedule' })).kind];
      kinds.push((await stage.later(60, { kind: 'schedule' })).kind);
      // Where it had been written down it was not taken again, an hour later it was in any case.
      expect(kinds, `killed before call ${at}`).toContain('taken');
      await stage.later(2 * 24 * 60, { kind: 'schedule' });
      expect(stage.keys('.db').length).toBe(stage.keys('.json').length);
      expect(stage.record?.last?.key).toBe(stage.keys('.db').at(-1));
    }
    expect(killedCount).toBeGreaterThan(25);
  });
});

const SURVIVOR: SurvivorSource = {
  how: 'from-survivor',
  instanceId: idOf(3),
  memberId: '3',
  raftTerm: '2',
  raftIndex: '100',
  revision: '50',
};
const RECOVERY: RecoveryRecord = {
  number: 2,
  attempt: 1,
  source: SURVIVOR,
  fenced: [1, 2, 3].map(idOf),
  forced: [],
  formerClusterId: CLUSTER_ID,
  by: 'policy',
  nonce: null,
  at: '2026-11-21T09:59:00.000Z',
  lastSeen: null,
};
const CAPTURE = { kind: 'capture', recovery: 2, instanceId: idOf(3) } as const;

/** Two of three are gone, and the third is asked for. */
function survivor(): BackupStage {
  const stage = new BackupStage();
  const third = stage.members.get(3);
  if (third === undefined) throw new Error('three members');
  stage.members.clear();
  stage.members.set(3, { ...third, linearizable: false, status: { ...third.status, leaderId: null } });
  stage.texts.set('recovery/2', encodeRecovery(RECOVERY));
  return stage;
}

describe('the capture of a survivor', () => {
  test('takes its database without a quorum, writes down where it lies, and has membership look', async () => {
    const stage = survivor();
    expect(await stage.run(CAPTURE)).toMatchObject({ kind: 'captured', isFirst: true });
    const [key = ''] = stage.keys('.db');
    const captured = JSON.parse(stage.texts.get('recovery/2/captured') ?? '');
    expect(captured).toMatchObject({ key, memberId: '3', atRevision: '50', origin: 'recovery', hash: null });
    expect(stage.sent.map(({ to, body }) => [to, Object(body).request])).toEqual([
      ['verification', 'verify'],
      ['membership', 'look'],
    ]);
    await everySnapshotIsWhole(stage);
  });

  test('has membership look again when it is known what came of it, and asks nobody after any other snapshot', async () => {
    const stage = survivor();
    await stage.run({ kind: 'refresh', unverifiable: false });
    expect(stage.sent).toEqual([]);
    await stage.run(CAPTURE);
    await stage.later(1, { kind: 'refresh', unverifiable: true });
    expect(stage.sent.map(({ to }) => to)).toEqual(['verification', 'membership', 'membership']);
  });

  test('happens once: what is captured is not captured again', async () => {
    const stage = survivor();
    await stage.run(CAPTURE);
    const text = stage.texts.get('recovery/2/captured');
    expect(await stage.later(1, CAPTURE)).toEqual({ kind: 'skipped', because: 'notAsked' });
    expect(stage.texts.get('recovery/2/captured')).toBe(text);
    expect(stage.keys('.db')).toHaveLength(1);
  });

  test.each([
    ['no recovery', (stage: BackupStage) => stage.texts.delete('recovery/2')],
    [
      'a recovery from another survivor',
      (stage: BackupStage) =>
        stage.texts.set(
          'recovery/2',
          encodeRecovery({ ...RECOVERY, source: { ...SURVIVOR, instanceId: idOf(2) } }),
        ),
    ],
    [
      'a later recovery',
      (stage: BackupStage) => stage.texts.set('recovery/3', encodeRecovery({ ...RECOVERY, number: 3 })),
    ],
    ['a recovery that is over', (stage: BackupStage) => stage.texts.set('recovery/2/done', '{}')],
  ])('is refused where %s asks for it, however late the message is', async (_, make) => {
    const stage = survivor();
    make(stage);
    expect(await stage.run(CAPTURE)).toEqual({ kind: 'skipped', because: 'notAsked' });
    expect(stage.keys()).toEqual([]);
  });

  test.each([
    ['another member', { memberId: '4' }],
    ['a member of another cluster', { clusterId: '78' }],
    ['a member that is behind what it was chosen for', { raftIndex: '99' }],
    ['a member that has not applied all that it knows', { appliedIndex: '99' }],
  ])('takes no database of %s', async (_, status) => {
    const stage = survivor();
    const third = stage.members.get(3);
    if (third === undefined) throw new Error('the survivor');
    stage.members.set(3, { ...third, status: { ...third.status, ...status } });
    expect(await stage.run(CAPTURE)).toMatchObject({ kind: 'failed', error: { code: 'ETCD_UNAVAILABLE' } });
    expect([stage.keys(), stage.texts.has('recovery/2/captured')]).toEqual([[], false]);
  });

  test('tells why while the survivor is silent, has no address, or S3 refuses', async () => {
    const stage = survivor();
    const third = stage.members.get(3);
    if (third === undefined) throw new Error('the survivor');
    stage.members.set(3, { ...third, address: null });
    await stage.run(CAPTURE);
    expect(stage.record?.lastFailure?.text).toMatch(/has no address/);
    stage.members.set(3, { ...third, address: '10.9.9.9' });
    await stage.run(CAPTURE);
    expect(stage.record?.lastFailure?.text).toMatch(/it is silent: deadline/);
    stage.members.clear();
    expect(await stage.run(CAPTURE)).toMatchObject({ kind: 'failed' });
  });

  test('that is killed before any of its calls is done by the next message, and never twice', async () => {
    let killedCount = 0;
    for (let at = 1; ; at += 1) {
      const stage = survivor();
      const isKilled = await killAt(stage, at, () => stage.run(CAPTURE));
      await everySnapshotIsWhole(stage);
      const first = stage.texts.get('recovery/2/captured');
      await stage.later(1, CAPTURE);
      const text = stage.texts.get('recovery/2/captured');
      expect(text).toBeDefined();
      if (first !== undefined) expect(text).toBe(first);
      expect(stage.keys()).toContain(JSON.parse(text ?? '').key);
      if (!isKilled) break;
      killedCount += 1;
    }
    expect(killedCount).toBeGreaterThan(8);
  });
});
