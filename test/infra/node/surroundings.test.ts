import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { MemberHost } from './member-host.ts';

let host: MemberHost;
afterEach(() => host.destroy());

/** The lines that a stand-in has written down. */
function noted(name: string): readonly string[] {
  const path = host.path(name);
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

describe('the endpoint of Parameter Store', () => {
  test.each([
    ['eu-central-1', {}, 'https://ssm.eu-central-1.amazonaws.com/'],
    ['us-gov-west-1', {}, 'https://ssm.us-gov-west-1.amazonaws.com/'],
    ['cn-north-1', {}, 'https://ssm.cn-north-1.amazonaws.com.cn/'],
    ['eu-central-1', { AWS_ENDPOINT_URL: 'http://one/' }, 'http://one/'],
    ['eu-central-1', { AWS_ENDPOINT_URL: 'http://one', AWS_ENDPOINT_URL_SSM: 'http://two' }, 'http://two/'],
  ])('in %s with %o is %s', async (region, env, expected) => {
    host = new MemberHost({ address: '127.41.4.1', env: { AWS_ENDPOINT_URL: '', ...env } });
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
    host.giveTicket();
    await host.boot();
    await host.says('no answer from Parameter Store');
    expect(new Set(noted('urls'))).toEqual(new Set([expected]));
    expect(host.starts()).toEqual([]);
  });
});

test('without a release named, an image takes its package, whose own service may never start: it would ask nobody', async () => {
  host = new MemberHost({ address: '127.41.4.2', etcd: 'none', parameters: { EtcdVersion: '' } });
  const calls = host.path('calls');
  host.program('systemctl', `#!/bin/sh\necho "systemctl $*" >>'${calls}'\n`);
  host.program('packaged-etcd', '#!/bin/sh\n[ "$1" = --version ] && echo "etcd Version: 3.4.23"\n');
  host.program(
    'apt-get',
    `#!/bin/sh
echo "apt-get $*" >>'${calls}'
case $* in install*) cp '${host.path('bin/packaged-etcd')}' '${host.path('bin/etcd')}' ;; esac
`,
  );
  host.giveTicket();
  await host.boot();
  await host.says('starting etcd 3.4.23');
  expect(noted('calls')).toEqual([
    'systemctl mask etcd.service',
    'apt-get update -qq',
    'apt-get install -y -qq etcd-server etcd-client',
  ]);
});

test('what the machine remembers is for root alone, and the hint for everybody', async () => {
  host = new MemberHost({ address: '127.41.4.3' });
  host.giveTicket();
  await host.boot();
  await host.ran();
  const mode = (path: string): string => (statSync(host.path(path)).mode & 0o777).toString(8);
  expect(mode('var/lib/etcd')).toBe('700');
  expect(mode('var/lib/etcd-autopilot')).toBe('700');
  expect(mode('var/lib/etcd-autopilot/used')).toBe('600');
  expect(mode('etc/etcd-autopilot/etcd.env')).toBe('600');
  expect(mode('etc/profile.d/etcdctl.sh')).toBe('644');
});
