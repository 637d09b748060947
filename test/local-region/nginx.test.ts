import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetDesiredCapacityCommand, StartInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../infra/cli/local-options.ts';
import { obtainNginx } from '../../infra/examples/nginx/obtain-nginx.ts';
import { CALM, IS_LONG, type Joined, openJoined, tell } from './joined.ts';
import { until } from './stage.ts';

/** A worker with nginx, as the example has it, before a group of workers whose service it takes its backends from. */
const WEB = 'etcd-autopilot-core-web';
const FRONT = 'etcd-autopilot-core-front';
const EXAMPLE = join(ROOT, 'infra', 'examples', 'nginx', 'boot-commands.sh');
const DRAIN_SECONDS = 3;
const CLIENTS = 4;
const PAUSE_MS = 10;
const ROUNDS = IS_LONG ? 3 : 1;

let joined: Joined;
let dir = '';
let url = '';
const answers: { atMs: number; text: string }[] = [];
let isOver = false;
let load: Promise<unknown> = Promise.resolve();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-nginx-'));
  writeFileSync(join(dir, 'web.sh'), BACKEND);
  writeFileSync(join(dir, 'front.sh'), frontCommands(await obtainNginx()));
  joined = await openJoined();
  const { cli, theatre } = joined;
  await cli('launch', '-n', 'core', '--size', '1', ...CALM, '--yes');
  const group = (name: string, size: number, ...more: readonly string[]) =>
    cli(
      'launch-workers',
      '-n',
      name,
      '-j',
      'core',
      '--size',
      String(size),
      '--boot-commands',
      join(dir, `${name}.sh`),
      ...more,
      '--yes',
    );
  await Promise.all([
    group('web', 2, '--service', 'web:8080', '--drain-seconds', String(DRAIN_SECONDS)),
    group('front', 1),
  ]);
  await joined.inService(WEB, 2, 60);
  const [front = ''] = await joined.inService(FRONT, 1, 60);
  url = `http://${theatre.region.groups.instance(front).address}:8000/id`;
  load = Promise.all(Array.from({ length: CLIENTS }, ask));
});

afterAll(async () => {
  isOver = true;
  await load;
  await joined?.close();
  rmSync(dir, { recursive: true, force: true });
});

const BACKEND = `mkdir -p "$ETCD_AUTOPILOT_ROOT/www" && cd "$ETCD_AUTOPILOT_ROOT/www"
echo "$AUTOPILOT_INSTANCE_ID" >id
python3 -m http.server 8080 --bind "$AUTOPILOT_PRIVATE_IP" >/dev/null 2>&1 &
until curl -fs -o /dev/null "http://$AUTOPILOT_PRIVATE_IP:8080/id"; do sleep 0.1; done
`;

/** The example's template and its way to render it, under an nginx of its own in place of the system's. */
function frontCommands(program: string): string {
  const template = /<<'TEMPLATE'\n(.*?)\nTEMPLATE\n/s.exec(readFileSync(EXAMPLE, 'utf8'))?.[1] ?? '';
  return `cd "$ETCD_AUTOPILOT_ROOT" && mkdir -p nginx/conf.d nginx/temp && cd nginx
cat >web.conf.template <<'TEMPLATE'
${template.replaceAll(/^\s*#.*\n/gm, '').replace('listen 80 default_server', 'listen 8000')}
TEMPLATE
cat >nginx.conf <<CONF
daemon off; worker_processes 1; pid $PWD/nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path $PWD/temp/body; proxy_temp_path $PWD/temp/proxy; fastcgi_temp_path $PWD/temp/fastcgi;
  uwsgi_temp_path $PWD/temp/uwsgi; scgi_temp_path $PWD/temp/scgi;
  include $PWD/conf.d/*.conf;
}
CONF
echo 'exec ${program} -e '"$PWD"'/error.log -p '"$PWD"' -c '"$PWD"'/nginx.conf "$@"' >nginx.sh
sh nginx.sh &
sh "$AUTOPILOT_SCRIPT" render /services/web/ "$PWD/web.conf.template" "$PWD/conf.d/web.conf" "sh $PWD/nginx.sh -t" "sh $PWD/nginx.sh -s reload" &
until curl -fs -o /dev/null "http://$AUTOPILOT_PRIVATE_IP:8000/id"; do sleep 0.2; done
`;
}

/** One client, one request after the other, each on a connection of its own. */
async function ask(): Promise<void> {
  while (!isOver) {
    const text = await request();
    answers.push({ atMs: performance.now(), text });
    await sleep(PAUSE_MS);
  }
}

function request(): Promise<string> {
  return new Promise((done) => {
    const agent = new Agent({ keepAlive: false });
    const sent = get(url, { agent, timeout: 5_000 }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () =>
        done(response.statusCode === 200 ? body.trim() : `failed ${response.statusCode}`),
      );
      response.on('error', (error) => done(`failed ${error.message}`));
    });
    sent.on('timeout', () => sent.destroy(new Error('too slow')));
    sent.on('error', (error) => done(`failed ${error.message}`));
  });
}

const failed = () => answers.filter(({ text }) => text.startsWith('failed')).map(({ text }) => text);
const resize = (DesiredCapacity: number) =>
  joined.clients.scaling.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: WEB, DesiredCapacity }));
/** Exactly these answered lately, and each of them did. */
const untilAnsweredBy = (ids: readonly string[], seconds: number) =>
  until(`answers of ${ids.length}`, seconds, async () => {
    const lately = answers.filter(({ atMs }) => atMs > performance.now() - 1_000).map(({ text }) => text);
    return [...new Set(lately)].sort().join() === [...ids].sort().join();
  });

test('nginx serves without a failed request while its service goes from 2 to 5 to 2 and is replaced', async () => {
  await untilAnsweredBy(await joined.inService(WEB, 2, 20), 20);
  for (let round = 0; round < ROUNDS; round += 1) {
    await resize(5);
    await untilAnsweredBy(await joined.inService(WEB, 5, 60), 30);
    expect(failed()).toEqual([]);
    await resize(2);
    await untilAnsweredBy(await joined.inService(WEB, 2, 90), 20);
    expect(failed()).toEqual([]);
  }
  const two = await joined.inService(WEB, 2, 20);
  const MaxHealthyPercentage = IS_LONG ? 150 : 200;
  const Preferences = { MinHealthyPercentage: 100, MaxHealthyPercentage, InstanceWarmup: 0 };
  await joined.clients.scaling.send(
    new StartInstanceRefreshCommand({ AutoScalingGroupName: WEB, Preferences }),
  );
  const now = () => joined.theatre.region.groups.get(WEB).instances.map(({ id }) => id);
  await until('both are others', 120, async () => now().every((id) => !two.includes(id)));
  await untilAnsweredBy(await joined.inService(WEB, 2, 60), 20);
  tell('nginx', {
    requests: answers.length,
    failed: failed().length,
    'instances that answered': new Set(answers.map(({ text }) => text)).size,
  });
  expect(failed()).toEqual([]);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(4 + 3 * ROUNDS);
}, 240_000);
