import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ANSWERS_FILE, versionsAnswered, wrongAnswer } from '../../../infra/matrix/answers.ts';
import { noteAnswer, noteAnswers, testEtcd } from '../../support/answering-etcd.ts';
import { writeTools } from '../etcd/stand-ins.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'etcd-answers-'));
  await writeTools(root, '3.5.16');
  vi.stubEnv('ETCD_AUTOPILOT_TEST_ETCD', root);
  vi.stubEnv(ANSWERS_FILE, join(root, 'answers'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

test('an etcd that answers as another version than the chosen one fails the test, and the matrix hears of it', async () => {
  expect(await testEtcd()).toMatchObject({ dir: root, version: '3.5.16' });
  await noteAnswer('3.5.16');
  const expected = 'etcd 3.4.23 answered, but the tests are run for 3.5.16';
  await expect(noteAnswer('3.4.23')).rejects.toThrow(expected);
  await expect(noteAnswer('3.4.23')).rejects.toThrow(expected);

  const answered = await versionsAnswered(join(root, 'answers'));
  expect(answered).toEqual(['3.4.23', '3.5.16']);
  expect(wrongAnswer('3.5.16', answered)).toBe('etcd 3.4.23 answered, not only 3.5.16');
});

test('silent endpoints tell no version', async () => {
  await noteAnswers([{ kind: 'silent', endpoint: 'http://127.45.1.1:2379', because: 'refused' }]);
  const answered = await versionsAnswered(join(root, 'answers'));
  expect(answered).toEqual([]);
  expect(wrongAnswer('3.5.16', answered)).toContain('no etcd told its version');
});
