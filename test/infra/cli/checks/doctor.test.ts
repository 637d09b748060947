import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FakeLambda, startFakeLambda } from '../fake-lambda.ts';
import { isOneLine, run } from '../run.ts';
import { doctorAnswer, finding } from './doctor-answers.ts';

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

async function doctor(answer: unknown, args: readonly string[] = ['--cluster', 'core']) {
  lambda = await startFakeLambda({ body: JSON.stringify(answer) });
  return run(['doctor', ...args], { env: { AWS_ENDPOINT_URL: lambda.url, AWS_REGION: 'eu-central-1' } });
}

describe('etcd-autopilot doctor', () => {
  test('has the checks made by the function of the stack, and ends with 0 where nothing is wrong', async () => {
    const { out, code } = await doctor(doctorAnswer(), ['--cluster', 'core', '--stack', 'mine']);
    expect(lambda?.asked).toEqual([
      {
        path: '/2015-03-31/functions/mine-checks/invocations',
        body: '{"etcdAutopilot":1,"request":"doctor","cluster":"core"}',
      },
    ]);
    expect(out).toBe('core: nothing found\n  looked at 2026-01-01T12:00:00.000Z\n');
    expect(code).toBe(0);
  });

  test('says of each finding what it is, what to do, since when, and who deals with it; the worst first', async () => {
    const worse = { severity: 'critical', subject: 'i-1', repair: 'left', text: 'it lost its data' } as const;
    const { out, code } = await doctor(doctorAnswer({ findings: [finding(), finding(worse)] }));
    expect(code).toBe(1);
    expect(out).toContain('core: found 1 critical, 1 warning\n');
    expect(out.indexOf('critical  hookMissing i-1')).toBeLessThan(out.indexOf('warning  hookMissing etcd'));
    expect(out).toContain(
      [
        '  warning  hookMissing etcd-autopilot-core',
        '    the group has no launch hook',
        '    what to do: nothing: it is put back',
        '    since 2026-01-01T11:57:00.000Z; the autopilot is repairing it',
      ].join('\n'),
    );
    expect(out).toContain('it lost its data');
    expect(out).toContain('left to you');
  });

  test('does not end with 1 for notices alone', async () => {
    const { out, code } = await doctor(doctorAnswer({ findings: [finding({ severity: 'notice' })] }));
    expect(out).toContain('core: nothing is wrong, 1 notice\n');
    expect(code).toBe(0);
  });

  test('takes a severity that it does not know seriously', async () => {
    const { code, out } = await doctor(doctorAnswer({ findings: [{ ...finding(), severity: 'fatal' }] }));
    expect(code).toBe(1);
    expect(out).toContain('1 warning');
  });

  test('prints the answer itself with --json', async () => {
    const answer = doctorAnswer({ findings: [finding()], more: 1 });
    const { out, code } = await doctor(answer, ['--cluster', 'core', '--json']);
    expect(JSON.parse(out)).toEqual(answer);
    expect(code).toBe(1);
  });

  test.each([
    [{ etcdAutopilot: 1, ok: false, code: 'AWS_GONE', message: 'no group' }, 'no group (AWS_GONE;'],
    [{ etcdAutopilot: 1, ok: true, request: 'doctor' }, 'etcd-autopilot-checks answered in a form'],
    [doctorAnswer({ findings: [{ code: 'half' }] }), 'etcd-autopilot-checks answered in a form'],
    [doctorAnswer({ findings: 'none' }), 'etcd-autopilot-checks answered in a form'],
  ])('%j is no answer: one line, and 2', async (answer, words) => {
    const { err, out, code } = await doctor(answer);
    expect(err).toContain(words);
    expect(isOneLine(err)).toBe(true);
    expect([out, code]).toEqual(['', 2]);
  });

  test.each([
    [[], 'which cluster'],
    [['--cluster', 'Not/A/Name'], 'is not a cluster name'],
    [['--cluster', 'core', '--wrong'], '--wrong'],
  ])('%j is a mistake: nobody is asked', async (args, words) => {
    const { err, code } = await doctor(doctorAnswer(), args);
    expect(err).toContain(words);
    expect(code).toBe(2);
    expect(lambda?.asked).toEqual([]);
  });

  test('tells in its help what its exit codes mean', async () => {
    const { out, code } = await run(['doctor', '--help']);
    expect(out).toContain('Exit codes: 0 nothing is wrong');
    expect(code).toBe(0);
  });
});
