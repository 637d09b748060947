import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { joinScript, withoutComments } from '../../../infra/build/join-script.ts';
import { renderWorkersTemplate } from '../../../infra/build/render-cluster.ts';
import { at, readTemplate } from '../template-tree.ts';
import { MemberHost } from './member-host.ts';
import { textAt } from './worker-host.ts';
import { renderWorkerUserData } from './worker-user-data.ts';

const ADDRESS = '127.46.2.1';
/** What EC2 takes. */
const USER_DATA_BYTES_MAX = 16_384;

let host: MemberHost;
afterEach(() => host.destroy());

const calls = () =>
  textAt(host, 'calls.log')
    .split('\n')
    .filter((line) => line !== '');
const unit = (name: string) => textAt(host, `etc/systemd/system/etcd-autopilot-${name}.service`).split('\n');

async function install(parameters: Readonly<Record<string, string>> = {}): Promise<void> {
  host = new MemberHost({
    address: ADDRESS,
    env: { ETCD_AUTOPILOT_INIT: 'systemd' },
    userData: renderWorkerUserData({ Cluster: 'core', Name: 'web', ...parameters }),
  });
  host.program('systemctl', `#!/bin/sh\necho "$*" >>'${host.path('calls.log')}'\n`);
  await host.boot();
  expect(await host.ended()).toBe(0);
}

describe('under systemd', () => {
  test('a worker installs itself and its units, runs nothing by itself, and waits for nobody', async () => {
    await install({ EnvPrefix: '/release/', BootCommands: 'echo \'one\' "$AUTOPILOT_CLUSTER"\nexit 0' });
    const script = readFileSync(host.path('var/lib/etcd-autopilot/boot.sh'), 'utf8');
    expect(script.endsWith(withoutComments(joinScript('node/worker.sh')))).toBe(true);
    expect(script).toContain('\nGROUP=etcd-autopilot-core-web\n');
    expect(textAt(host, 'var/lib/etcd-autopilot/commands.sh')).toBe(
      'echo \'one\' "$AUTOPILOT_CLUSTER"\nexit 0\n',
    );
    expect(calls()).toEqual([
      'enable etcd-autopilot-follow.service',
      'enable etcd-autopilot-ready.service',
      'enable etcd-autopilot-env.service',
      'disable --now etcd.service',
      'daemon-reload',
      'start --no-block etcd-autopilot-follow.service etcd-autopilot-ready.service etcd-autopilot-env.service',
    ]);
    expect(host.region.asked).toEqual([]);
    expect(readdirSync(host.path('var/lib/etcd-autopilot')).sort()).toEqual(['boot.sh', 'commands.sh']);
  });

  test('etcd on localhost and the keys are kept for ever, and readiness is told once', async () => {
    await install({ EnvPrefix: '/release/' });
    const script = host.path('var/lib/etcd-autopilot/boot.sh');
    for (const name of ['follow', 'env'])
      for (const line of [
        `ExecStart=/bin/sh ${script} ${name}`,
        'Type=simple',
        'Restart=always',
        'StartLimitIntervalSec=0',
      ])
        expect(unit(name)).toContain(line);
    for (const line of [
      `ExecStart=/bin/sh ${script} ready`,
      'Type=oneshot',
      'RemainAfterExit=yes',
      'TimeoutStartSec=infinity',
      'StandardError=journal+console',
    ])
      expect(unit('ready')).toContain(line);
    expect(unit('ready').join('\n')).not.toContain('Restart=');
  });

  test('without a prefix there is nothing to follow', async () => {
    await install();
    expect(readdirSync(host.path('etc/systemd/system')).sort()).toEqual([
      'etcd-autopilot-follow.service',
      'etcd-autopilot-ready.service',
    ]);
  });
});

test('the longest boot commands that the template takes fit into the user data, beside long settings', () => {
  host = new MemberHost({ address: ADDRESS });
  const charsMax = Number(
    at(readTemplate(renderWorkersTemplate()), 'Parameters', 'BootCommands', 'MaxLength'),
  );
  expect(charsMax).toBeGreaterThanOrEqual(3_072);
  const userData = renderWorkerUserData({
    Cluster: 'c'.repeat(20),
    Name: 'n'.repeat(19),
    Metadata: 'instancetype=r3,role=worker'.repeat(6),
    EnvPrefix: '/a-prefix-of-some-length/',
    EnvCommand: 'systemctl restart application-of-some-length',
    Version: '3.6.14',
    Sha256: 'f'.repeat(64),
    Releases: 'https://github.com/etcd-io/etcd/releases/download',
    BootCommands: 'x'.repeat(charsMax),
  });
  expect(Buffer.byteLength(userData)).toBeLessThanOrEqual(USER_DATA_BYTES_MAX);
});

describe('the endpoint of Auto Scaling', () => {
  test.each([
    ['eu-central-1', {}, 'https://autoscaling.eu-central-1.amazonaws.com/'],
    ['cn-north-1', {}, 'https://autoscaling.cn-north-1.amazonaws.com.cn/'],
    ['eu-central-1', { AWS_ENDPOINT_URL_AUTO_SCALING: 'http://two' }, 'http://two/'],
  ])('in %s with %o is %s', async (region, env, expected) => {
    host = new MemberHost({
      address: ADDRESS,
      env: { AWS_ENDPOINT_URL: '', ...env },
      userData: renderWorkerUserData({ Cluster: 'core', Name: 'web' }),
    });
    host.region.name = region;
    // Metadata is fetched for real; every other address is noted, and does not answer.
    host.program(
      'curl',
      `#!/bin/sh
config=$(cat)
case $config in *'url = "http://127.'*) printf '%s\\n' "$config" | /usr/bin/curl "$@"; exit ;; esac
printf '%s\\n' "$config" | sed -n 's/^url = "\\(.*\\)"$/\\1/p' >>'${host.path('urls')}'
exit 6
`,
    );
    await host.boot();
    await host.says('no heartbeat of the launch hook: no answer from Auto Scaling');
    expect(textAt(host, 'urls').split('\n')).toContain(expected);
  });
});
