import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { joinScript, withoutComments } from '../../../infra/build/join-script.ts';
import { unshareFlags } from '../../../infra/local/namespace.ts';
import { unpacked } from '../../../infra/node/flatcar/compare.ts';
import { toIgnition } from '../../../infra/node/flatcar/ignition.ts';
import { butaneText, ignitionOf, type Role } from '../../../infra/node/flatcar/write.ts';
import { at, isTree } from '../template-tree.ts';
import { renderUserData } from './user-data.ts';
import { renderWorkerUserData } from './worker-user-data.ts';

/** What EC2 takes. */
const USER_DATA_BYTES_MAX = 16_384;
const ROLES = ['member', 'worker'] as const;
const READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'etcd-autopilot-flatcar-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const path = (name: string): string => join(root, name);
const list = (tree: unknown, ...names: readonly string[]): readonly unknown[] => {
  const found = at(tree, ...names);
  return Array.isArray(found) ? found : [];
};

/** Lays out the files of a configuration as Ignition does before the first boot. */
function ignite(role: Role): unknown {
  const ignition = unpacked(ignitionOf(butaneText(role)));
  for (const file of list(ignition, 'storage', 'files')) {
    const parts = [at(file, 'contents'), ...list(file, 'append')].map((part) => String(at(part, 'text')));
    const target = path(String(at(file, 'path')));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, parts.join(''));
    chmodSync(target, Number(at(file, 'mode')));
  }
  return ignition;
}

/** Runs what the unit of the configuration starts, where /usr can only be read. */
function start(ignition: unknown): void {
  mkdirSync(path('usr/bin'), { recursive: true });
  mkdirSync(path('bin'));
  for (const name of ['systemctl', 'useradd'])
    writeFileSync(path(`bin/${name}`), `#!/bin/sh\necho "${name} $*" >>'${path('calls')}'\n`, {
      mode: 0o755,
    });
  const command = /^ExecStart=(.*)$/m.exec(unitText(ignition))?.[1]?.split(' ') ?? [];
  expect(command[0]).toBe('/bin/sh');
  const inRoot = command.slice(1).map((argument) => (argument.startsWith('/') ? path(argument) : argument));
  execFileSync(
    'unshare',
    [...unshareFlags(), '/bin/sh', '-c', READ_ONLY, 'sh', path('usr'), '/bin/sh', ...inRoot],
    { env: { PATH: `${path('bin')}:/usr/bin:/bin`, ETCD_AUTOPILOT_ROOT: root }, stdio: 'pipe' },
  );
}

const unitText = (ignition: unknown): string => String(at(list(ignition, 'systemd', 'units')[0], 'contents'));

describe.each(ROLES)('a %s on Flatcar', (role) => {
  test('fits into user data as Ignition, with settings before the script, for root alone', () => {
    expect(Buffer.byteLength(JSON.stringify(ignitionOf(butaneText(role))))).toBeLessThan(
      USER_DATA_BYTES_MAX - 1_024,
    );
    ignite(role);
    const script = readFileSync(path('var/lib/etcd-autopilot/boot.sh'), 'utf8');
    expect(script).toMatch(/^#!\/bin\/sh\nCLUSTER=core\n/);
    expect(script.endsWith(withoutComments(joinScript(`node/${role}.sh`)))).toBe(true);
    expect((statSync(path('var/lib/etcd-autopilot/boot.sh')).mode & 0o777).toString(8)).toBe('600');
  });

  test('has every setting that the template gives, by the same name', () => {
    const names = (text: string) => [...text.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1]).sort();
    const userData = role === 'member' ? renderUserData({}) : renderWorkerUserData({});
    ignite(role);
    const script = readFileSync(path('var/lib/etcd-autopilot/boot.sh'), 'utf8');
    const settings = script.slice(0, script.indexOf('\nset -u\n'));
    expect(names(settings)).toEqual(names(userData.slice(0, userData.indexOf('# Here follows'))));
  });

  test('its unit installs the service, with programs below /opt, where /usr cannot be written', () => {
    start(ignite(role));
    const name = role === 'member' ? 'etcd-autopilot' : 'etcd-autopilot-follow';
    const unit = readFileSync(path(`etc/systemd/system/${name}.service`), 'utf8');
    expect(unit).toMatch(new RegExp(`^Environment=PATH=.*:${root}/opt/bin$`, 'm'));
    expect(readFileSync(path('calls'), 'utf8')).toMatch(
      new RegExp(`systemctl start --no-block .*${name}\\.service`),
    );
  });
});

test('members are not rebooted by updates that ask nobody', () => {
  ignite('member');
  expect(readFileSync(path('etc/flatcar/update.conf'), 'utf8')).toBe('REBOOT_STRATEGY=off\n');
});

test('what a file uses of Butane that is not known is refused, and not left out', () => {
  const butane = { variant: 'flatcar', version: '1.1.0', storage: { files: [] }, systemd: { units: [] } };
  expect(isTree(toIgnition(butane, () => ''))).toBe(true);
  expect(() => toIgnition({ ...butane, passwd: {} }, () => '')).toThrow('passwd');
});
