import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ListAnswer, ListedSnapshot } from '../../../../functions/backup/answer.ts';
import { type Followed, follow } from '../../../../infra/cli/backup/follow.ts';
import { followedText } from '../../../../infra/cli/backup/text.ts';
import { type FakeLambda, startFakeLambda } from '../fake-lambda.ts';
import { isOneLine, run } from '../run.ts';

const KEY = 'etcd-autopilot/core/snapshots/2026-11-21T10-00-00Z-120.db';
const ASKED_AT = '2026-11-21T10:00:00.000Z';
const snapshot = (over: Partial<ListedSnapshot> = {}): ListedSnapshot => ({
  key: KEY,
  uri: `s3://snapshots-1/${KEY}`,
  takenAt: '2026-11-21T10:00:05.000Z',
  state: 'intact',
  reason: null,
  verifiedAt: null,
  atRevision: '120',
  revision: null,
  keyCount: 42,
  sizeBytes: 20_512_000,
  sha256: 'ab'.repeat(32),
  clusterId: '1',
  etcdVersion: '3.6.14',
  instanceId: 'i-0000000a',
  origin: 'operator',
  ...over,
});
const restorable = snapshot({ state: 'restorable', verifiedAt: '2026-11-21T10:00:20.000Z', revision: '123' });
const listed = (snapshots: readonly ListedSnapshot[], over: Partial<ListAnswer> = {}): ListAnswer => ({
  etcdAutopilot: 1,
  ok: true,
  request: 'backup',
  action: 'list',
  cluster: 'core',
  at: ASKED_AT,
  bucket: 'snapshots-1',
  snapshots,
  moreCount: 0,
  strange: [],
  lastFailure: null,
  unverifiable: false,
  ...over,
});

let lambda: FakeLambda | null = null;
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await lambda?.close();
  lambda = null;
});

/** Runs `backup …` against functions that answer one after the other, the last one for ever. */
async function backup(args: readonly string[], ...answers: readonly object[]) {
  let count = 0;
  lambda = await startFakeLambda(() => {
    count += 1;
    return { body: JSON.stringify(answers[Math.min(count, answers.length) - 1]) };
  });
  const env = { AWS_ENDPOINT_URL: lambda.url, AWS_REGION: 'eu-central-1' };
  const ended = await run(['backup', ...args, '--cluster', 'core'], { env });
  return { ...ended, asked: lambda.asked };
}

describe('backup list', () => {
  test('shows every snapshot with what is known of it, newest last, and what is strange', async () => {
    const bad = snapshot({
      key: `${KEY}x`,
      uri: 's3://old',
      state: 'notRestorable',
      reason: 'the hash differs',
    });
    const { out, code, asked } = await backup(
      ['list'],
      listed([restorable, bad], {
        strange: [{ key: 'k', reason: 'its manifest cannot be read' }],
        lastFailure: { at: ASKED_AT, code: 'AWS_DENIED', text: 'no' },
      }),
    );
    expect(code).toBe(0);
    expect(asked[0]?.path).toContain('etcd-autopilot-backup');
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      etcdAutopilot: 1,
      request: 'backup',
      cluster: 'core',
      action: 'list',
    });
    expect(out.indexOf('s3://old')).toBeLessThan(out.indexOf(restorable.uri));
    expect(out).toMatch(/restorable +123 +42 +20\.5 MB +operator/);
    for (const words of ['the hash differs', 'its manifest cannot be read', 'AWS_DENIED: no', '120+'])
      expect(out).toContain(words);
  });

  test('ends with 1 where there is none, or the newest cannot be restored', async () => {
    expect((await backup(['list'], listed([]))).code).toBe(1);
    await lambda?.close();
    const bad = snapshot({ state: 'notRestorable', reason: 'no' });
    expect((await backup(['list', '--json'], listed([bad, restorable]))).code).toBe(1);
  });

  test('tells a refusal in one line', async () => {
    const refused = {
      etcdAutopilot: 1,
      ok: false,
      code: 'CONFIG_INVALID',
      message: 'there is no cluster core here',
    };
    const { code, err } = await backup(['list'], refused);
    expect(code).toBe(2);
    expect(err).toContain('there is no cluster core here');
    expect(isOneLine(err)).toBe(true);
  });
});

const asked = (action: 'now' | 'verify', key: string | null) => ({
  ...{ etcdAutopilot: 1, ok: true, request: 'backup', action, cluster: 'core', askedAt: ASKED_AT, key },
});

describe('backup now and verify', () => {
  test('now asks, waits until the new snapshot is verified, and says so', async () => {
    const { code, out } = await backup(['now'], asked('now', null), listed([restorable]));
    expect(code).toBe(0);
    expect(out).toContain(`${restorable.uri} (revision 123, 20.5 MB) can be restored`);
  });

  test('verify names the snapshot, and ends with 1 where it cannot be restored', async () => {
    const bad = { ...restorable, state: 'notRestorable' as const, reason: 'the hash differs' };
    const {
      code,
      out,
      asked: bodies,
    } = await backup(['verify', KEY, '--json'], asked('verify', KEY), listed([bad]));
    expect(JSON.parse(bodies[0]?.body ?? '')).toMatchObject({ action: 'verify', key: KEY });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      cluster: 'core',
      outcome: 'notRestorable',
      reason: 'the hash differs',
    });
  });

  test.each(['0', 'x', '9999'])('--wait-minutes %s is refused', async (minutes) => {
    const { code, err } = await backup(['now', '--wait-minutes', minutes], asked('now', null));
    expect(code).toBe(2);
    expect(err).toContain('--wait-minutes takes 1 to 1440');
  });
});

describe('what was asked for is followed', () => {
  const old = snapshot({ takenAt: '2026-11-21T09:00:00.000Z', key: 'old' });

  async function following(answers: readonly ListAnswer[], key: string | null = null) {
    const told: string[] = [];
    let [nowMs, looks] = [0, 0];
    const followed = await follow({
      list: async () => {
        looks += 1;
        return answers[Math.min(looks, answers.length) - 1] ?? listed([]);
      },
      askedAt: ASKED_AT,
      key,
      verdict: true,
      waitMs: 60_000,
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
      tell: (line) => told.push(line),
    });
    return { ...followed, told, looks };
  }

  test('past older snapshots and older failures, until a verdict is there', async () => {
    const before = listed([old], {
      lastFailure: { at: '2026-11-21T09:59:00.000Z', code: 'ETCD_UNAVAILABLE', text: 'x' },
    });
    const seen = await following([before, before, listed([snapshot(), old]), listed([restorable, old])]);
    expect(seen).toMatchObject({ outcome: 'restorable', looks: 4 });
    expect(seen.told).toEqual(['waiting for the snapshot', `waiting until ${KEY} is verified`]);
  });

  test.each<[string, Followed['outcome'], ListAnswer]>([
    [
      'a failure since then',
      'failed',
      listed([old], { lastFailure: { at: ASKED_AT, code: 'AWS_DENIED', text: 'no' } }),
    ],
    ['a snapshot that nobody can verify', 'unverifiable', listed([snapshot()], { unverifiable: true })],
    [
      'damage that shows in the list',
      'notRestorable',
      listed([snapshot({ state: 'notRestorable', reason: 'short' })]),
    ],
    ['nothing within the time', 'late', listed([old])],
    ['no verdict within the time', 'taken', listed([snapshot()])],
  ])('to %s', async (_what, outcome, answer) => {
    const seen = await following([answer]);
    expect(seen.outcome).toBe(outcome);
    expect(seen.looks).toBeLessThan(25);
    expect(followedText('core', seen)).toMatch(/^core: .*\n$/);
  });

  test('a verdict of before is not that of now', async () => {
    const before = { ...restorable, verifiedAt: '2026-11-21T09:59:00.000Z' };
    expect(await following([listed([before]), listed([restorable])], KEY)).toMatchObject({ looks: 2 });
  });
});
