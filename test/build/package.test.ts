import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { UPDATE_TEMPLATE, writeTemplates } from '../../infra/build/package.ts';

/** Ends every attempt to reach another machine, for systems that have no network namespaces to give. */
const NO_NETWORK = `data:text/javascript,
import net from 'node:net';
import dns from 'node:dns';
const refuse = (what) => () => { process.stderr.write('NETWORK ' + what); process.exit(97); };
net.Socket.prototype.connect = refuse('connect');
dns.lookup = refuse('lookup');
`.replaceAll('\n', ' ');

test('packaging needs no network, no credentials and no home', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'etcd-autopilot-package-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let talk = '';

  await writeTemplates(resolve('.'), folder, async (command, cwd) => {
    const [program = '', ...argv] = hasNamespaces() ? ['unshare', '-rn', ...command] : command;
    const env = {
      PATH: '/usr/bin:/bin',
      HOME: folder,
      NODE_OPTIONS: `--import=${encodeURI(NO_NETWORK)}`,
    };
    const run = spawnSync(program, argv, { cwd, env, encoding: 'utf8', timeout: 100_000 });
    talk = `${run.status}\n${run.stdout}${run.stderr}`;
  });

  expect(talk).toMatch(/^0\n/);
  expect(talk).not.toContain('NETWORK');
  const packaged = readFileSync(join(folder, basename(UPDATE_TEMPLATE)), 'utf8');
  expect(withoutTime(packaged)).toBe(withoutTime(readFileSync(UPDATE_TEMPLATE, 'utf8')));
});

const hasNamespaces = (): boolean => spawnSync('unshare', ['-rn', 'true']).status === 0;

/** The archives' folder is named after the time of packaging, and nothing else in a template is. */
const withoutTime = (template: string): string =>
  template.replaceAll(/main\/\d+-[\dT:.Z-]+\//g, 'main/time/');
