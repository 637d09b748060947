import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SHORTFALL_ADVICE, shortfall } from '../../../functions/core/shortfalls.ts';
import type { PlanAnswer } from '../../../functions/membership/answer.ts';
import { programOf } from '../../../infra/cli/program.ts';
import { busy, idle, replacing, silent, whole } from './answers.ts';
import { closedPort, type FakeLambda, type Reply, startFakeLambda } from './fake-lambda.ts';

const open: FakeLambda[] = [];

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(open.splice(0).map((fake) => fake.close()));
});

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  let out = '';
  let err = '';
  const terminal = {
    env,
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
  };
  const code = await programOf(terminal).run(args);
  return { code, out, err };
}

async function ask(args: readonly string[], reply: Reply, env: Readonly<Record<string, string>> = {}) {
  const fake = await startFakeLambda(reply);
  open.push(fake);
  const ended = await run(args, { AWS_ENDPOINT_URL: fake.url, AWS_REGION: 'us-east-1', ...env });
  return { ...ended, asked: fake.asked };
}

const answer = (value: unknown): Reply => ({ body: JSON.stringify(value) });
const isOneLine = (text: string) => text.trim().split('\n').length === 1;

describe('status', () => {
  test('asks the function of the stack with the versioned request', async () => {
    const { asked } = await ask(['status', '--cluster', 'core'], answer(whole));
    expect(asked.map(({ path }) => path)).toEqual([
      '/2015-03-31/functions/etcd-autopilot-membership/invocations',
    ]);
    expect(asked.map(({ body }) => JSON.parse(body))).toEqual([
      { etcdAutopilot: 1, request: 'status', cluster: 'core' },
    ]);
  });

  test('takes stack and cluster from the environment', async () => {
    const { asked } = await ask(['status'], answer(whole), { CLUSTER: 'blue', STACK: 'mine' });
    expect(asked[0]?.path).toContain('/mine-membership/');
    expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ cluster: 'blue' });
  });

  test('shows members, roles, leader, lag, versions and ids as etcdctl writes them', async () => {
    const { code, out, err } = await ask(['status', '--cluster', 'core'], answer(whole));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('core: healthy');
    expect(out).toContain('cluster id cdf818194e3a8c32');
    expect(out).toMatch(
      /^i-00000000000000001 {2}leader +yes +0 +3\.6\.14 +[0-9a-f]+ +us-east-1a +http:\/\/10\.0\.0\.1:2379$/m,
    );
    expect(out).toMatch(/^i-00000000000000002 {2}voter +yes/m);
    expect(out).not.toContain('waits');
    expect(out).toContain('  gates are open, calm since 2025-12-31T22:00:00.000Z\n');
    expect(out).not.toContain('shut');
  });

  test('shows what keeps its gates shut, with what to do, and does not judge the cluster by it', async () => {
    const shortfalls = [{ ...shortfall('unstable', '3 of 10'), advice: SHORTFALL_ADVICE.unstable }];
    const tolerates = { holds: false, since: whole.at, shortfalls };
    const { code, out } = await ask(['status', '--cluster', 'core'], answer({ ...whole, tolerates }));
    expect(code).toBe(0);
    expect(out).toContain(
      `\ngates are shut\n  unstable: it has been whole for 3 of 10 seconds; ${SHORTFALL_ADVICE.unstable}\n`,
    );
    expect(out).not.toContain('gates are open');
  });

  test('shows hooks, waits with their words, foreign members and instances that are none, and ends with 1', async () => {
    const { code, out } = await ask(['status', '--cluster', 'core'], answer(replacing));
    expect(code).toBe(1);
    expect(out).toMatch(/^i-00000000000000002 +voter +no +- +-/m);
    expect(out).toMatch(/^i-00000000000000003 +learner +yes +17 /m);
    expect(out).toMatch(/^nameless \(foreign\) +voter, not started +no/m);
    expect(out).toMatch(/^i-00000000000000004 +none, arriving/m);
    expect(out).toContain('i-00000000000000002 waits in its terminate hook for 60 s');
    expect(out).toContain('foreignMember: a member that nobody here created');
  });

  test('shows what DNS and registry found, with what to do, and does not judge the cluster by it', async () => {
    const finding = {
      from: 'registry',
      kind: 'keysForeign',
      subject: '/services/web/',
      text: 'the autopilot did not make x',
      advice: 'delete it',
    };
    const future = { ...finding, from: 'dns/Z1', kind: 'ofTheFuture', advice: null };
    const { code, out } = await ask(
      ['status', '--cluster', 'core'],
      answer({ ...whole, findings: [finding, future] }),
    );
    expect(code).toBe(0);
    expect(out).toContain('\nfindings\n');
    expect(out).toContain(
      '  keysForeign (registry): /services/web/: the autopilot did not make x; delete it\n',
    );
    expect(out).toContain('  ofTheFuture (dns/Z1): /services/web/: the autopilot did not make x\n');
  });

  test('is shown as well by a function of an earlier version, which tells no findings, and nothing of gates', async () => {
    const { findings: _, tolerates: __, ...earlier } = whole;
    const { code, out } = await ask(['status', '--cluster', 'core'], answer(earlier));
    expect(code).toBe(0);
    expect(out).not.toMatch(/findings|gates/);
  });

  test('shows what was known last when no voter answers, and claims nothing about who is a member', async () => {
    const { code, out } = await ask(['status', '--cluster', 'core'], answer(silent));
    expect(code).toBe(1);
    expect(out).toContain('core: no quorum answers');
    expect(out).toMatch(/^i-00000000000000001 +unknown/m);
    expect(out).toContain('voters at 2025-12-31T23:00:00.000Z: i-00000000000000001');
  });

  test('prints the answer itself with --json', async () => {
    const { out } = await ask(['status', '--cluster', 'core', '--json'], answer(replacing));
    expect(JSON.parse(out)).toEqual(replacing);
  });
});

describe('plan', () => {
  test('shows what a pass would do, in order, and what it waits for', async () => {
    const { code, out, asked } = await ask(['plan', '--cluster', 'core'], answer(busy));
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ etcdAutopilot: 1, request: 'plan', cluster: 'core' });
    expect(code).toBe(0);
    expect(out).toContain('1. removeMember: remove the member of a gone instance');
    expect(out).toContain('2. publishStatus');
    expect(out).toContain('joinQueued: one newcomer at a time');
  });

  test('says when there is nothing to do', async () => {
    const { code, out } = await ask(['plan', '--cluster', 'core'], answer(idle));
    expect({ code, out }).toEqual({ code: 0, out: 'core at 2026-01-01T00:00:00.000Z: nothing to do\n' });
  });

  test('prints the answer itself with --json', async () => {
    const { out } = await ask(['plan', '--cluster', 'core', '--json'], answer(busy));
    expect(JSON.parse(out)).toEqual(busy);
  });
});

describe('plan --etcd-version', () => {
  const asking = ['plan', '--cluster', 'core', '--etcd-version', '3.6.14'];
  const refused: PlanAnswer = {
    ...idle,
    preflight: {
      etcdVersion: '3.6.14',
      shortfalls: [{ ...shortfall('versionStep', 'i-1 is too old'), advice: SHORTFALL_ADVICE.versionStep }],
    },
  };

  test('asks the function for it, and says what stands against it; then it ends with 1', async () => {
    const { code, out, asked } = await ask(asking, answer(refused));
    expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ request: 'plan', etcdVersion: '3.6.14' });
    expect(code).toBe(1);
    expect(out).toContain('etcd 3.6.14: must not be rolled out now');
    expect(out).toContain(
      `versionStep: etcd may not go to that version now: i-1 is too old; ${SHORTFALL_ADVICE.versionStep}`,
    );
  });

  test('says that nothing stands against it, and ends with 0', async () => {
    const { code, out } = await ask(
      asking,
      answer({ ...idle, preflight: { etcdVersion: '3.6.14', shortfalls: [] } }),
    );
    expect(code).toBe(0);
    expect(out).toContain('etcd 3.6.14: may be rolled out now\n');
  });

  test('prints the answer itself with --json, and ends as without', async () => {
    const { code, out } = await ask([...asking, '--json'], answer(refused));
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual(refused);
  });

  test('takes a version only', async () => {
    const { code, err, asked } = await ask(
      ['plan', '--cluster', 'core', '--etcd-version', 'newest'],
      answer(idle),
    );
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(err).toContain('must be a version like 3.6.14, got "newest"');
    expect(err).toSatisfy(isOneLine);
  });

  test('is not taken for fine where the function does not know what was asked', async () => {
    const { preflight: _unknown, ...older } = idle;
    const { code, err } = await ask(asking, answer(older));
    expect(code).toBe(2);
    expect(err).toContain('judges no versions of etcd: deploy this one');
  });
});

describe('a failure is one line that names cluster and remedy, and ends with 2', () => {
  const failed = async (reply: Reply) => {
    const { code, out, err } = await ask(['status', '--cluster', 'core'], reply);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toSatisfy(isOneLine);
    expect(err).not.toContain('    at ');
    expect(err).toMatch(/^etcd-autopilot: .*core/);
    return err;
  };
  const awsError = (status: number, type: string): Reply => ({
    status,
    headers: { 'x-amzn-errortype': type },
    body: JSON.stringify({ message: 'told by AWS' }),
  });

  test('when the function does not exist', async () => {
    const err = await failed(awsError(404, 'ResourceNotFoundException'));
    expect(err).toContain('no function etcd-autopilot-membership');
    expect(err).toContain('--stack');
  });

  test('when the credentials are refused', async () => {
    expect(await failed(awsError(403, 'AccessDeniedException'))).toContain('lambda:InvokeFunction');
  });

  test('when the function crashed', async () => {
    const reply = {
      headers: { 'x-amz-function-error': 'Unhandled' },
      body: '{"errorMessage":"out of\\n memory"}',
    };
    expect(await failed(reply)).toContain('crashed while it looked at cluster core: out of memory');
  });

  test('when the function refuses', async () => {
    const refusal = { etcdAutopilot: 1, ok: false, code: 'AWS_DENIED', message: 'may not list groups' };
    expect(await failed(answer(refusal))).toContain('may not list groups (AWS_DENIED; docs/runbook.md');
  });

  test.each([
    ['text', 'not json'],
    ['an answer of another version', JSON.stringify({ ...whole, etcdAutopilot: 2 })],
    ['an answer to another question', JSON.stringify(busy)],
    ['an answer without its lists', JSON.stringify({ ...whole, members: null })],
  ])('when it answers with %s', async (_what, body) => {
    const { code, err } = await ask(['status', '--cluster', 'core'], { body });
    expect(code).toBe(2);
    expect(err).toSatisfy(isOneLine);
    expect(err).toContain('of the same version?');
  });

  test('when nobody listens at the endpoint', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const { code, err } = await run(['plan', '--cluster', 'core'], {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'us-east-1',
    });
    expect(code).toBe(2);
    expect(err).toSatisfy(isOneLine);
    expect(err).toContain('could not be reached');
  });
});

describe('a mistake in the input ends with 2 and asks nobody', () => {
  test.each([
    [['status'], 'which cluster?'],
    [['status', '--cluster', 'Core'], '"Core" is not a cluster name'],
    [['status', '--colour'], "unknown option '--colour'"],
    [['explode'], "unknown command 'explode'"],
    [['local', 'up', '--size', '4'], 'Use 1, 3, 5 or 7.'],
    [['local', 'up', '--cluster', 'a/b'], 'Use a lower-case letter'],
    [['local', 'up', '--port', '70000'], 'Use a port from 1 to 65535.'],
  ])('%j', async (args, told) => {
    const { code, err, asked } = await ask(args, answer(whole));
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(err).toContain(told);
    expect(err).not.toContain('    at ');
  });
});

describe('--help', () => {
  test.each([
    [['--help'], ['status', 'plan', 'local']],
    [
      ['status', '--help'],
      ['--cluster', '--stack', '--json', 'Exit codes', 'lambda:InvokeFunction'],
    ],
    [
      ['plan', '--help'],
      ['--cluster', '--stack', '--json', 'Nothing is changed'],
    ],
    [
      ['local', '--help'],
      ['up', 'down'],
    ],
    [
      ['local', 'up', '--help'],
      ['--size', '--tls', '--auth', '--detach', '.local of the project', 'Ctrl-C'],
    ],
    [['local', 'down', '--help'], ['Nothing of it keeps running']],
  ])('%j tells what is possible', async (args, told) => {
    const { code, out } = await run(args);
    expect(code).toBe(0);
    for (const text of told) expect(out.replaceAll(/\s+/g, ' ')).toContain(text);
  });
});

test('the version is that of the package', async () => {
  const { code, out } = await run(['--version']);
  expect({ code, out: out.trim() }).toEqual({ code: 0, out: '0.1.0' });
});
