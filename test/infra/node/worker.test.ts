import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { KEYS, refusal, xmlRefusal } from './fake-region.ts';
import { INSTANCE, type MemberHost } from './member-host.ts';
import {
  CLUSTER_ENV,
  clusterEnv,
  ENDPOINTS_NAME,
  isReady,
  textAt,
  type WorkerOptions,
  workerHost,
} from './worker-host.ts';

const ADDRESS = '127.46.1.1';
const LIST = 'http://127.46.9.1:2379,http://127.46.9.2:2379,http://127.46.9.3:2379';
let host: MemberHost;
afterEach(() => host.destroy());

/** Boots a worker; without an etcd on localhost, where nothing is said of another. */
async function boot(options: Partial<WorkerOptions> = {}, list: string | null = LIST): Promise<MemberHost> {
  const { parameters, ...others } = options;
  host = await workerHost({ address: ADDRESS, parameters: { LocalEtcd: 'none', ...parameters }, ...others });
  if (list !== null) host.region.parameters.set(ENDPOINTS_NAME, list);
  await host.boot();
  return host;
}

const occurrences = (text: string, part: string): number => text.split(part).length - 1;
const noted = (path: string): readonly string[] =>
  textAt(host, path)
    .split('\n')
    .filter((line) => line !== '');
const mode = (path: string): string => (statSync(host.path(path)).mode & 0o777).toString(8);
const completions = () => host.region.lifecycle.filter((call) => call.startsWith('Complete'));
/** Boot commands that leave a mark each time. */
const MARK = 'echo run >>"$ETCD_AUTOPILOT_ROOT/marks"';

describe('the addresses of the cluster', () => {
  test('nothing goes on while the parameter is missing, empty or not readable; then they are taken', async () => {
    await boot({ parameters: { BootCommands: MARK } }, null);
    await host.says("waiting for the cluster's addresses: the cluster has no voter yet");
    const unreadable =
      "waiting for the cluster's addresses: the parameter endpoints holds no list of client URLs";
    for (const value of ['', 'http://$(touch pwned):2379', 'http://127.46.9.1:2379\ntouch pwned']) {
      host.region.parameters.set(ENDPOINTS_NAME, value);
      await host.reads(1);
      await host.says(unreadable);
      expect(existsSync(host.path(CLUSTER_ENV)), value).toBe(false);
    }
    expect(occurrences(host.log, unreadable), 'said once').toBe(1);
    expect(readdirSync(host.root).filter((name) => ['marks', 'pwned'].includes(name))).toEqual([]);
    expect(completions()).toEqual([]);
    host.region.parameters.set(ENDPOINTS_NAME, LIST);
    await isReady(host);
    expect(clusterEnv(host)['AUTOPILOT_ENDPOINTS']).toBe(LIST);
    expect(noted('marks')).toEqual(['run']);
  });

  test('what cannot be read is unknown, and not "none": the last ones serve, also after a restart', async () => {
    await boot({ parameters: { LocalEtcd: 'gateway' } });
    await isReady(host);
    host.region.trouble = refusal(400, 'ThrottlingException');
    await host.says(
      "keeping the cluster's addresses as they are: Parameter Store answers ThrottlingException",
    );
    host.region.trouble = 'drop';
    await host.says("keeping the cluster's addresses as they are: no answer from Parameter Store");
    await host.powerOff();
    host.log = '';
    await host.boot();
    await host.says(`etcd gateway on ${ADDRESS}:2379 for ${LIST}`);
    await host.says("keeping the cluster's addresses");
    expect(clusterEnv(host)['AUTOPILOT_ENDPOINTS']).toBe(LIST);
    expect(existsSync(host.path('run/etcd-autopilot/cluster')), 'not read since the boot').toBe(false);
    host.region.trouble = null;
    await isReady(host);
  });

  test('with certificates, an address without them is not the cluster', async () => {
    await boot({ parameters: { Tls: 'parameters' } });
    await host.says('cannot read the parameter /etcd-autopilot-secrets/core/ca: ');
    expect(existsSync(host.path(CLUSTER_ENV))).toBe(false);
  });
});

describe('cluster.env', () => {
  test('holds the cluster, the machine and its metadata, for everybody on the machine', async () => {
    await boot({
      parameters: { Metadata: 'instancetype=r3,role=worker,x=$(touch pwned),=y,none,a.b-c=x/y:1@+_' },
    });
    await isReady(host);
    await host.reads(2);
    expect(occurrences(host.log, 'leaving out of the metadata what is not like key=value'), 'each once').toBe(
      3,
    );
    expect(readdirSync(host.root)).not.toContain('pwned');
    expect(clusterEnv(host)).toEqual({
      ETCDCTL_API: '3',
      ETCDCTL_ENDPOINTS: LIST,
      AUTOPILOT_ENDPOINTS: LIST,
      AUTOPILOT_CLUSTER: 'core',
      AUTOPILOT_NAME: 'web',
      AUTOPILOT_GROUP: 'etcd-autopilot-core-web',
      AUTOPILOT_INSTANCE_ID: INSTANCE,
      AUTOPILOT_INSTANCE_TYPE: 't3.medium',
      AUTOPILOT_PRIVATE_IP: '127.41.0.1',
      AUTOPILOT_REGION: 'eu-test-1',
      AUTOPILOT_ZONE: 'eu-test-1a',
      AUTOPILOT_METADATA: 'instancetype=r3,role=worker,a.b-c=x/y:1@+_',
      AUTOPILOT_META_INSTANCETYPE: 'r3',
      AUTOPILOT_META_ROLE: 'worker',
      AUTOPILOT_META_A_B_C: 'x/y:1@+_',
      AUTOPILOT_SCRIPT: host.path('var/lib/etcd-autopilot/boot.sh'),
    });
    expect([mode('etc/etcd-autopilot'), mode(CLUSTER_ENV), mode('etc/profile.d/etcd-autopilot.sh')]).toEqual([
      '755',
      '644',
      '644',
    ]);
    expect(textAt(host, 'etc/profile.d/etcd-autopilot.sh')).toBe(
      `set -a; . ${host.path(CLUSTER_ENV)}; set +a\n`,
    );
    expect(mode('var/lib/etcd-autopilot')).toBe('700');
  });

  test('holds nothing that a shell would run, wherever it comes from', async () => {
    host = await workerHost({ address: ADDRESS, parameters: { LocalEtcd: 'none', BootCommands: MARK } });
    host.region.instanceType = 't3 $(touch pwned)';
    host.region.parameters.set(ENDPOINTS_NAME, LIST);
    await host.boot();
    await isReady(host);
    expect(noted('marks')).toEqual(['run']);
    expect(clusterEnv(host)).not.toHaveProperty('AUTOPILOT_INSTANCE_TYPE');
    expect(readdirSync(host.root)).not.toContain('pwned');
  });
});

describe('ready', () => {
  test('is reported when the boot commands are done, with the file loaded, and the hook is kept up meanwhile', async () => {
    const BootCommands = `until [ -e "$ETCD_AUTOPILOT_ROOT/go" ]; do sleep 0.05; done
echo "$AUTOPILOT_META_ROLE on $AUTOPILOT_ENDPOINTS $(umask)" >"$ETCD_AUTOPILOT_ROOT/seen"`;
    await boot({ parameters: { BootCommands, Metadata: 'role=worker' } });
    await host.until(() => host.region.lifecycle.length >= 3, 'heartbeats');
    expect(new Set(host.region.lifecycle)).toEqual(new Set(['RecordLifecycleActionHeartbeat']));
    writeFileSync(host.path('go'), '');
    await isReady(host);
    expect(textAt(host, 'seen')).toBe(`worker on ${LIST} 0022\n`);
    expect(completions()).toEqual(['CompleteLifecycleAction CONTINUE']);
    const calls = host.region.lifecycle.length;
    await host.reads();
    expect(host.region.lifecycle.length, 'no heartbeat after the word').toBe(calls);
    expect(host.region.badSignatures).toEqual([]);
    expect([...host.region.scopes].sort()).toEqual([
      `${KEYS.accessKeyId} eu-test-1 autoscaling`,
      `${KEYS.accessKeyId} eu-test-1 ssm`,
    ]);
  });

  test('is reported until it is heard', async () => {
    host = await workerHost({ address: ADDRESS, parameters: { LocalEtcd: 'none', BootCommands: MARK } });
    host.region.parameters.set(ENDPOINTS_NAME, LIST);
    host.region.lifecycleTrouble = xmlRefusal('AccessDenied', 'not authorized');
    await host.boot();
    await host.says('ready, and cannot report it: Auto Scaling answers AccessDenied (HTTP 400)');
    await host.until(() => completions().length >= 3, 'repetition');
    host.region.lifecycleTrouble = null;
    await isReady(host);
    expect(noted('marks')).toEqual(['run']);
  });

  test('with every boot the commands run, and a hook that is gone is as good as answered', async () => {
    await boot({ parameters: { BootCommands: MARK } });
    await isReady(host);
    await host.powerOff();
    await host.boot();
    await host.until(() => completions().length >= 2, 'second word');
    await isReady(host);
    expect(noted('marks')).toEqual(['run', 'run']);
    await host.powerOff();
    await host.boot(['ready']);
    expect(await host.ended()).toBe(0);
    expect(noted('marks'), 'not again in the same boot').toEqual(['run', 'run']);
    expect(completions()).toHaveLength(2);
  });

  test('a command that fails ends the others, and abandons the instance, for the group to replace it', async () => {
    await boot({ parameters: { BootCommands: `${MARK}\nsh -c 'exit 7'\n${MARK}` } });
    await host.until(() => completions().length > 0, 'word');
    await host.says('not ready: the boot commands ended with status 7');
    expect(completions()).toEqual(['CompleteLifecycleAction ABANDON']);
    expect(noted('marks')).toEqual(['run']);
    expect(existsSync(host.path('run/etcd-autopilot/ready'))).toBe(false);
  });

  describe('of a stack that updates its group one by one', () => {
    const parameters = { BootCommands: MARK, 'AWS::StackName': 'etcd-autopilot-core-web' };
    const SUCCESS = `SUCCESS WorkerGroup etcd-autopilot-core-web ${INSTANCE} 2010-05-15`;
    const words = () => host.region.lifecycle.filter((call) => !call.startsWith('Record'));

    test('is signalled by a newcomer after its hook was answered, and not again when it only boots again', async () => {
      await boot({ parameters });
      await host.until(() => host.region.signals.length > 0, 'signal');
      expect(host.region.signals).toEqual([SUCCESS]);
      expect(words()).toEqual(['CompleteLifecycleAction CONTINUE', 'SignalResource SUCCESS']);
      expect(host.region.badSignatures).toEqual([]);
      await host.powerOff();
      await host.boot();
      await host.until(() => completions().length >= 2, 'second word');
      await isReady(host);
      await host.reads();
      expect(host.region.signals).toEqual([SUCCESS]);
    });

    test('is signalled its failure before the hook is, with which the machine ends', async () => {
      await boot({ parameters: { ...parameters, BootCommands: 'exit 3' } });
      await host.until(() => completions().length > 0, 'word');
      expect(words()).toEqual(['SignalResource FAILURE', 'CompleteLifecycleAction ABANDON']);
    });

    test('is asked again where it could not answer, and believed that it waits for nobody', async () => {
      host = await workerHost({ address: ADDRESS, parameters: { ...parameters, LocalEtcd: 'none' } });
      host.region.parameters.set(ENDPOINTS_NAME, LIST);
      host.region.signalTroubles.push(
        xmlRefusal('Throttling', 'Rate exceeded'),
        xmlRefusal('ValidationError', 'Stack x is in UPDATE_COMPLETE state and cannot be signaled'),
      );
      await host.boot();
      await isReady(host);
      await host.says('cannot signal SUCCESS: CloudFormation answers Throttling');
      await host.until(() => host.region.signals.length >= 2, 'second try');
      await host.reads(3);
      expect(host.region.signals).toEqual([SUCCESS, SUCCESS]);
    });
  });

  test('commands that never end do not hold their hook for ever', async () => {
    host = await workerHost({
      address: ADDRESS,

      parameters: { LocalEtcd: 'none', BootSeconds: '540', BootCommands: 'sleep 20' },
    });
    host.region.parameters.set(ENDPOINTS_NAME, LIST);
    await host.boot();
    await host.says('running the boot commands');
    const calls = host.region.lifecycle.length;
    await host.until(() => host.region.lifecycle.length >= calls + 3, 'heartbeats');
    await host.reads(12);
    expect(host.region.lifecycle.length, 'nine minutes, and one under way').toBeLessThanOrEqual(calls + 6);
    expect(completions()).toEqual([]);
    expect(await host.stop()).toBe(0);
  });
});
