import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CreateLaunchTemplateCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programOf } from '../../../infra/cli/program.ts';
import { onMachine } from '../../../infra/local/on-machine.ts';
import { type Clients, clientsOf, idsIn, openRegion, until } from './fixtures/region.ts';

const run = promisify(execFile);
let region: Awaited<ReturnType<typeof openRegion>>;
let clients: Clients;
let ids: readonly string[];

/** Every machine serves its own id where it has its etcd, and on all of its addresses at 8080. */
const USER_DATA = `#!/bin/sh
mkdir www && basename "$PWD" >www/id
python3 -m http.server 2379 --bind "\${ETCD_AUTOPILOT_LOCALHOST:-127.0.0.1}" --directory www &
[ -n "$ETCD_AUTOPILOT_LOCALHOST" ] || python3 -m http.server 8080 --bind 0.0.0.0 --directory www &
token=$(curl -sS -X PUT -H 'x-aws-ec2-metadata-token-ttl-seconds: 60' "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/api/token")
curl -sS -H "x-aws-ec2-metadata-token: $token" "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/meta-data/instance-id" >metadata
curl -sS "$AWS_ENDPOINT_URL/_fleet/waits" >waits
`;

beforeAll(async () => {
  region = await openRegion();
  clients = clientsOf(region);
  const UserData = Buffer.from(USER_DATA).toString('base64');
  const LaunchTemplateData = { ImageId: 'ami-1', InstanceType: 'r3.large' as const, UserData };
  await clients.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: 't', LaunchTemplateData }));
  await region.groups.create('w', {
    MinSize: 0,
    MaxSize: 2,
    DesiredCapacity: 2,
    AvailabilityZones: ['us-east-1a'],
    LaunchTemplate: { LaunchTemplateName: 't', Version: '1' },
    Tags: [{ Key: 'etcd-autopilot:role', Value: 'worker' }],
  });
  ids = await idsIn(clients, 'w', 'InService', 2);
}, 90_000);

afterAll(() => region.close(), 20_000);

/** What a command says that runs on a machine; null when it fails. */
async function on(id: string, ...command: readonly string[]): Promise<string | null> {
  const pid = region.machines.pidOf(id) ?? 0;
  const { file, args, cwd, env } = onMachine({ pid, root: region.machines.rootOf(id) }, command);
  return run(file, [...args], { cwd, env, timeout: 10_000 }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}

const addressOf = (id: string): string => region.groups.instance(id).address;

describe('a worker', { timeout: 30_000 }, () => {
  test('has a localhost of its own, or is told which address stands for it', async () => {
    for (const id of ids) {
      const ask = `curl -fsS -m 3 "http://\${ETCD_AUTOPILOT_LOCALHOST:-127.0.0.1}:2379/id"`;
      expect(await until('its own answer', () => on(id, 'sh', '-c', ask))).toBe(id);
    }
  });

  test('reaches its metadata and the region, and is reached at its address, by this machine and by other workers', async () => {
    const port = (await on(ids[0] ?? '', 'sh', '-c', 'echo $ETCD_AUTOPILOT_LOCALHOST')) === '' ? 8080 : 2379;
    for (const id of ids) {
      expect(await until('metadata', () => on(id, 'cat', 'metadata'))).toBe(id);
      expect(await until('waits', () => on(id, 'grep', '-o', '-m1', 'bootMs', 'waits'))).toBe('bootMs');
      const url = `http://${addressOf(id)}:${port}/id`;
      expect((await (await fetch(url)).text()).trim()).toBe(id);
      for (const other of ids) expect(await on(other, 'curl', '-fsS', '-m', '3', url)).toBe(id);
    }
  });

  test('with a localhost of its own asks the name server of the region for names', async () => {
    const [id = ''] = ids;
    const isOwn = (await on(id, 'sh', '-c', 'echo $ETCD_AUTOPILOT_LOCALHOST')) === '';
    const servers = await on(id, 'grep', '^nameserver', '/etc/resolv.conf');
    if (isOwn) expect(servers).toBe(`nameserver ${region.variables['DNS_SERVER']}`);
    else expect(servers).not.toContain(region.variables['DNS_SERVER']);
  });

  test('leaves no link behind when it ends', async () => {
    const [id = ''] = ids;
    await region.machines.stop(id, 0);
    await until('the link is gone', async () =>
      (await run('ip', ['-brief', 'link'])).stdout.includes(`ea-${id.slice(-12)}`) ? null : true,
    );
  });
});

test('`local exec` runs a command on a machine, and ends with its exit code', async () => {
  const [, id = ''] = ids;
  let out = '';
  let err = '';
  const terminal = {
    env: {},
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
  };
  const exec = (...args: readonly string[]) =>
    programOf(terminal).run(['local', 'exec', '--dir', region.dir, ...args]);
  expect(await exec(id.slice(0, 8), 'sh', '-c', 'basename "$ETCD_AUTOPILOT_ROOT"; exit 7')).toBe(7);
  expect(out).toBe(`${id}\n`);
  expect(await exec('i-nobody', 'true')).toBe(2);
  expect(err).toBe('etcd-autopilot: no machine is called "i-nobody"; see: etcd-autopilot local status\n');
});
