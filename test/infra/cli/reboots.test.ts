import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FakeLambda, startFakeLambda } from './fake-lambda.ts';
import { isOneLine, run } from './run.ts';

const ID = 'i-0123456789abcdef0';
const holder = {
  instanceId: ID,
  since: '2026-01-01T00:00:00.000Z',
  heldSeconds: 120,
  overdue: false,
  listed: true,
};
const lock = (over: object = {}) => ({
  group: 'members',
  slots: 1,
  readable: true,
  holders: [holder],
  ...over,
});
const locks = (...all: readonly object[]) => ({
  etcdAutopilot: 1,
  ok: true,
  request: 'reboots',
  cluster: 'core',
  locks: all,
});
const released = (yes: boolean) => ({
  etcdAutopilot: 1,
  ok: true,
  request: 'releaseReboot',
  cluster: 'core',
  group: 'members',
  instanceId: ID,
  released: yes,
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

async function answering(answer: unknown, args: readonly string[], answers?: readonly string[]) {
  lambda = await startFakeLambda({ body: JSON.stringify(answer) });
  const env = { AWS_ENDPOINT_URL: lambda.url, AWS_REGION: 'eu-central-1' };
  return run(['reboots', ...args], answers === undefined ? { env } : { env, answers });
}

describe('etcd-autopilot reboots', () => {
  test('shows who reboots now, of which group, since when, and how many may', async () => {
    const workers = lock({ group: 'web', slots: 3, holders: [] });
    const { out, code } = await answering(locks(lock(), workers), ['--cluster', 'core']);
    expect(out).toContain(`members  1          ${ID}`);
    expect(out).toContain('web      3          -');
    expect(out).toContain(`${ID} of members since 2026-01-01T00:00:00.000Z (2 minutes)`);
    expect(code).toBe(0);
    expect(lambda?.asked).toEqual([
      {
        path: '/2015-03-31/functions/etcd-autopilot-reboot-gate/invocations',
        body: '{"etcdAutopilot":1,"request":"reboots","cluster":"core"}',
      },
    ]);
  });

  test.each([
    ['a holder is overdue', lock({ holders: [{ ...holder, overdue: true }] }), 'longer than a reboot takes'],
    ['a lock cannot be read', lock({ readable: false, holders: [] }), 'not readable'],
  ])('ends with 1 where %s, and says what to do', async (_what, one, words) => {
    const { out, code } = await answering(locks(one), ['--cluster', 'core']);
    expect(out).toContain(words);
    expect(code).toBe(1);
  });

  test('tells of a machine that left, and of a group that is gone', async () => {
    const { out } = await answering(
      locks(lock({ group: 'old', slots: null, holders: [{ ...holder, listed: false }] })),
      ['--cluster', 'core'],
    );
    expect(out).toContain('old    gone');
    expect(out).toContain('does not list it any more');
  });

  test('prints the whole answer as JSON', async () => {
    const { out } = await answering(locks(lock()), ['--cluster', 'core', '--json']);
    expect(JSON.parse(out)).toEqual(locks(lock()));
  });

  test.each([
    [
      { etcdAutopilot: 1, ok: false, code: 'cluster_unavailable', message: 'no voter answers' },
      'no voter answers',
    ],
    [{ etcdAutopilot: 1, ok: true, request: 'reboots' }, 'reboot-gate answered in a form'],
    [locks({ group: 'members' }), 'reboot-gate answered in a form'],
  ])('tells in one line what could not be had: %j', async (answer, words) => {
    const { err, code } = await answering(answer, ['--cluster', 'core']);
    expect(err).toContain(words);
    expect(isOneLine(err)).toBe(true);
    expect(code).toBe(2);
  });
});

describe('etcd-autopilot reboots release', () => {
  const args = ['release', '--cluster', 'core', '--group', 'members', '--id', ID];

  test('takes the lock off a machine when a person says so, or --yes does', async () => {
    for (const answers of [['y'], undefined]) {
      const given = answers === undefined ? [...args, '--yes'] : args;
      const { out, code } = await answering(released(true), given, answers);
      expect(out).toBe(`core: ${ID} does not hold the lock of members any more\n`);
      expect(code).toBe(0);
      expect(JSON.parse(lambda?.asked[0]?.body ?? '')).toEqual({
        etcdAutopilot: 1,
        request: 'releaseReboot',
        cluster: 'core',
        group: 'members',
        id: ID,
      });
      await lambda?.close();
    }
  });

  test('asks nobody of the function when the person says no, or nobody sits there', async () => {
    const no = await answering(released(true), args, ['']);
    expect([no.code, no.err, lambda?.asked]).toEqual([1, 'nothing was released\n', []]);
    await lambda?.close();
    const nobody = await answering(released(true), args);
    expect([nobody.code, lambda?.asked]).toEqual([2, []]);
    expect(nobody.err).toContain('--yes');
  });

  test('says so where the machine did not hold it', async () => {
    const { out, code } = await answering(released(false), [...args, '--yes']);
    expect(out).toContain('did not hold the lock');
    expect(code).toBe(1);
  });

  test.each([
    [['release', '--cluster', 'core', '--group', 'members', '--yes'], '--id'],
    [['release', '--cluster', 'core', '--id', ID, '--yes'], '--group'],
    [['release', '--group', 'members', '--id', ID, '--yes'], 'which cluster'],
  ])('%j is a mistake', async (wrong, words) => {
    const { err, code } = await answering(released(true), wrong);
    expect(err).toContain(words);
    expect(code).toBe(2);
    expect(lambda?.asked).toEqual([]);
  });
});
