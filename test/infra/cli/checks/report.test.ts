import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silent, whole } from '../answers.ts';
import { type FakeLambda, type Reply, startFakeLambda } from '../fake-lambda.ts';
import { isOneLine, run } from '../run.ts';
import { doctorAnswer, finding, snapshotList } from './doctor-answers.ts';

let lambda: FakeLambda | null = null;
let dir: string;
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-report-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
  await lambda?.close();
  lambda = null;
});

const GONE: Reply = {
  status: 404,
  headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
  body: '{"Message":"no such function"}',
};
const json = (value: unknown): Reply => ({ body: JSON.stringify(value) });

interface Answers {
  readonly membership?: Reply;
  readonly checks?: Reply;
  readonly backup?: Reply;
}

async function report(answers: Answers = {}, args: readonly string[] = []) {
  const { membership = json(whole), checks = json(doctorAnswer()), backup = json(snapshotList) } = answers;
  lambda = await startFakeLambda((path) =>
    path.includes('-membership/') ? membership : path.includes('-checks/') ? checks : backup,
  );
  const file = join(dir, 'page.html');
  const ran = await run(['report', '--cluster', 'core', '--out', file, ...args], {
    env: { AWS_ENDPOINT_URL: lambda.url, AWS_REGION: 'us-east-1' },
  });
  const files = readdirSync(dir);
  return { ...ran, file, files, page: files.length === 0 ? '' : readFileSync(file, 'utf8') };
}

describe('etcd-autopilot report', () => {
  test('writes what status, doctor and backup list tell into one file, and leaves nothing else', async () => {
    const { code, out, err, file, files, page } = await report();
    expect({ code, err, files }).toEqual({ code: 0, err: '', files: ['page.html'] });
    expect(out).toBe(`core: nothing found; the page is in ${file}\n`);
    expect(page).toContain('<title>core: healthy</title>');
    expect(page).toContain('i-00000000000000002');
    expect(page).toContain('✓ restored to prove it');
    expect(lambda?.asked.map(({ body }) => JSON.parse(body).request).sort()).toEqual([
      'backup',
      'doctor',
      'status',
    ]);
  });

  test('ends with 1 where something is wrong, and the page says what', async () => {
    const checks = json(doctorAnswer({ findings: [finding()] }));
    const { code, out, page } = await report({ checks });
    expect(code).toBe(1);
    expect(out).toContain('core: found 1 warning;');
    expect(page).toContain('the group has no launch hook');
    expect((await report({ membership: json(silent) })).code).toBe(1);
  });

  test.each([
    ['checks', 1, 'its checks could not be made'],
    ['membership', 1, 'there is no function etcd-autopilot-membership'],
    ['backup', 0, 'there is no function etcd-autopilot-backup'],
  ] as const)(
    'says on the page what %s did not tell, and never passes it for nothing found',
    async (name, end, words) => {
      const { code, page } = await report({ [name]: GONE });
      expect(code).toBe(end);
      expect(page.toLowerCase()).toContain(words);
      expect(page).toContain('Not known:');
    },
  );

  test('writes nothing where neither members nor findings could be asked for', async () => {
    const { code, err, files } = await report({ membership: GONE, checks: GONE });
    expect({ code, files }).toEqual({ code: 2, files: [] });
    expect(isOneLine(err)).toBe(true);
    expect(err).toContain('there is no function etcd-autopilot-membership');
  });

  test('tells in one line that the file cannot be written, and leaves no half of it', async () => {
    const { code, err } = await report({}, ['--out', join(dir, 'nowhere', 'page.html')]);
    expect(code).toBe(2);
    expect(err).toContain('the page could not be written');
    expect(isOneLine(err)).toBe(true);
    expect(readdirSync(dir)).toEqual([]);
  });

  test('prints the page itself for "-", and a summary with --json', async () => {
    expect((await report({}, ['--out', '-'])).out).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    const { out, file } = await report({}, ['--json']);
    expect(JSON.parse(out)).toEqual({ cluster: 'core', file, health: 'healthy', found: 'nothing found' });
  });

  test('needs to be told the file', async () => {
    const { code, err } = await run(['report', '--cluster', 'core']);
    expect(code).toBe(2);
    expect(err).toContain('--out');
  });
});
