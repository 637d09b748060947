import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chosenEtcd } from '../../../infra/etcd/chosen.ts';
import { versionIn } from '../../../infra/etcd/version.ts';
import { writeProgram, writeTools } from './stand-ins.ts';

let root: string;
let chosen: string;
let onPath: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'etcd-chosen-'));
  chosen = join(root, 'chosen');
  onPath = join(root, 'path');
  await writeTools(onPath, '3.6.14');
  vi.stubEnv('PATH', `${onPath}:/usr/bin:/bin`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

test('the folder that the environment names is used, whatever else is there', async () => {
  await writeTools(chosen, '3.5.16');
  const said: string[] = [];
  const found = await chosenEtcd({ say: (line) => said.push(line) }, { ETCD_AUTOPILOT_TEST_ETCD: chosen });
  expect(found).toMatchObject({ dir: chosen, version: '3.5.16' });
  expect(said).toEqual([`etcd 3.5.16: chosen by ETCD_AUTOPILOT_TEST_ETCD: ${chosen}`]);
});

test.each([
  ['is not there', async () => undefined, 'there is no '],
  ['does not run', () => writeProgram(chosen, 'etcd', 'exit 1'), 'does not run'],
  ['has tools of two versions', () => writeTools(chosen, '3.5.16', '3.4.23'), 'but its etcdctl is 3.4.23'],
])('a folder that %s is refused: no other etcd takes its place', async (_, write, reason) => {
  await write();
  const choosing = chosenEtcd({}, { ETCD_AUTOPILOT_TEST_ETCD: chosen });
  await expect(choosing).rejects.toThrow(`ETCD_AUTOPILOT_TEST_ETCD names ${chosen}: `);
  await expect(choosing).rejects.toThrow(reason);
});

test.each([{}, { ETCD_AUTOPILOT_TEST_ETCD: '' }])('without a choice it is found as ever: %j', async (env) => {
  expect(await chosenEtcd({}, env)).toMatchObject({ dir: onPath, version: '3.6.14' });
});

test('variables that etcd would read as its flags do not reach it', async () => {
  await writeTools(chosen, '3.4.23');
  const body = '[ -z "$ETCD_VERSION$ETCD_NAME" ] && [ "$PLAIN" = kept ] && echo "etcd Version: 3.4.23"';
  await writeProgram(chosen, 'etcd', body);
  vi.stubEnv('ETCD_VERSION', '3.4.23');
  vi.stubEnv('ETCD_NAME', 'mine');
  vi.stubEnv('PLAIN', 'kept');
  expect(await versionIn(chosen)).toBe('3.4.23');
});
