import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { INSTANCE, MemberHost, REPORT_NAME, SHELLS, WAL } from './member-host.ts';

let host: MemberHost;

afterEach(() => host.destroy());

const NEVER = '30';

describe('the script without systemd', () => {
  test('starts etcd again when it ends, and asks for its ticket each time', async () => {
    host = new MemberHost({ address: '127.41.3.1' });
    host.giveTicket();
    await host.boot();
    await host.ran(1);
    const readsBefore = host.region.readCount;
    host.giveTicket({ state: 'started' });
    host.crash(7);
    const env = await host.ran(2);
    expect(host.region.readCount).toBeGreaterThan(readsBefore);
    expect(env.get('ETCD_INITIAL_CLUSTER_STATE')).toBe('existing');
    expect(host.log).toContain('etcd ended with status 7');
  });

  test('does not start etcd again when it ended because its disk was wiped', async () => {
    host = new MemberHost({ address: '127.41.3.1' });
    host.giveTicket();
    await host.boot();
    await host.ran(1);
    host.giveTicket({ state: 'started' });
    host.wipe();
    host.crash(1);
    await host.until(() => host.region.parameters.has(REPORT_NAME), 'report');
    await host.reads();
    expect(host.starts()).toHaveLength(1);
  });

  test('does not start etcd again while Parameter Store is silent: the last ticket proves nothing', async () => {
    host = new MemberHost({ address: '127.41.3.1' });
    host.giveTicket();
    await host.boot();
    await host.ran(1);
    host.region.trouble = 'drop';
    host.crash(1);
    await host.says('no answer from Parameter Store');
    await host.reads();
    expect(host.starts()).toHaveLength(1);
    host.region.trouble = null;
    await host.start(2);
  });

  test('SIGTERM ends etcd and the script within 3 s, and leaves no process behind', async () => {
    host = new MemberHost({ address: '127.41.3.1' });
    host.giveTicket();
    await host.boot();
    await host.ran(1);
    const began = performance.now();
    expect(await host.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(host.log).toContain('fake etcd: stopping');
    expect(processesOf(host.pid)).toEqual([]);
    expect(host.starts()).toHaveLength(1);
  });

  test.each(['waiting for its ticket', 'waiting to start etcd again'])(
    'SIGTERM ends it within 3 s also while it is %s',
    async (when) => {
      host = new MemberHost({ address: '127.41.3.1', env: { ETCD_AUTOPILOT_POLL_SECONDS: NEVER } });
      if (when === 'waiting to start etcd again') host.giveTicket();
      await host.boot();
      if (when === 'waiting to start etcd again') {
        await host.ran(1);
        host.crash(1);
        await host.says('etcd ended with status 1');
      } else {
        await host.says('waiting for a ticket');
      }
      await host.until(() => processesOf(host.pid).some((name) => name.startsWith('sleep')), 'pause');
      const began = performance.now();
      expect(await host.stop()).toBe(0);
      expect(performance.now() - began).toBeLessThan(3_000);
      await host.until(() => processesOf(host.pid).length === 0, 'end of all its processes');
    },
  );

  test('the wait adds next to nothing to a start whose ticket is there', async () => {
    host = new MemberHost({ address: '127.41.3.1', env: { ETCD_AUTOPILOT_POLL_SECONDS: NEVER } });
    host.giveTicket();
    await host.boot();
    await host.start();
    expect(host.region.readCount).toBe(1);
  });
});

describe('the environment of etcd', () => {
  test.each(['3.4.23', '3.5.33', '3.6.14', '3.7.1'])(
    '%s gets no flag that it does not know',
    async (version) => {
      host = new MemberHost({ address: '127.41.3.2' });
      host.setVersion(version);
      host.giveTicket();
      await host.boot();
      const env = await host.start();
      const names = [...env.keys()].filter((name) => name.startsWith('ETCD_')).sort();
      const later = [
        'ETCD_ADVERTISE_CLIENT_URLS',
        'ETCD_AUTO_COMPACTION_MODE',
        'ETCD_AUTO_COMPACTION_RETENTION',
        'ETCD_DATA_DIR',
        'ETCD_INITIAL_ADVERTISE_PEER_URLS',
        'ETCD_INITIAL_CLUSTER',
        'ETCD_INITIAL_CLUSTER_STATE',
        'ETCD_INITIAL_CLUSTER_TOKEN',
        'ETCD_LISTEN_CLIENT_URLS',
        'ETCD_LISTEN_PEER_URLS',
        'ETCD_NAME',
        'ETCD_PRE_VOTE',
        'ETCD_QUOTA_BACKEND_BYTES',
        'ETCD_STRICT_RECONFIG_CHECK',
      ];
      const only34 = version.startsWith('3.4.') ? ['ETCD_ENABLE_V2', 'ETCD_LOGGER'] : [];
      expect(names).toEqual([...later, ...only34].sort());
      expect(host.log).toContain(`starting etcd ${version} as member 1001`);
    },
  );

  test('3.4 on arm64 is told that it may run there; nobody else is', async () => {
    host = new MemberHost({ address: '127.41.3.2' });
    host.program('uname', '#!/bin/sh\necho aarch64\n');
    host.setVersion('3.4.23');
    host.giveTicket();
    await host.boot();
    expect((await host.ran(1)).get('ETCD_UNSUPPORTED_ARCH')).toBe('arm64');
    host.setVersion('3.5.33');
    host.crash(1);
    expect((await host.start(2)).has('ETCD_UNSUPPORTED_ARCH')).toBe(false);
  });

  test('holds nothing of the script or of its settings', async () => {
    host = new MemberHost({
      address: '127.41.3.2',
      env: { ETCD_VERSION: 'x', ETCD_SHA256: 'y', ETCD_RELEASES: 'z' },
    });
    host.giveTicket();
    await host.boot();
    const names = [...(await host.start()).keys()];
    expect(
      names.filter((name) => /^(ETCD_(AUTOPILOT|VERSION|SHA256|RELEASES)|AUTOPILOT|CLUSTER$)/.test(name)),
    ).toEqual([]);
  });

  test('is kept beside a hint for people who log in', async () => {
    host = new MemberHost({ address: '127.41.3.2' });
    host.giveTicket();
    await host.boot();
    await host.start();
    expect(readFileSync(host.path('etc/etcd-autopilot/etcd.env'), 'utf8')).toContain(
      `ETCD_NAME=${INSTANCE}\n`,
    );
    const hint = readFileSync(host.path('etc/profile.d/etcdctl.sh'), 'utf8');
    expect(hint).toContain('ETCDCTL_ENDPOINTS=http://127.41.9.1:2379');
  });
});

/** Each shell hears the same story: waits, starts, crashes, restarts, is wiped, comes back as another member. */
test.each(SHELLS.map((shell) => ({ shell, name: shell.join(' ') })))('$name runs it', async ({ shell }) => {
  host = new MemberHost({ address: '127.41.3.3', shell });
  await host.boot();
  await host.says('the autopilot has not written one yet');
  host.giveTicket({ state: 'joining' });
  await host.says('the member is being added');
  host.giveTicket();
  await host.ran(1);
  host.giveTicket({ state: 'started' });
  host.crash(3);
  await host.ran(2);
  expect(host.log).toContain('etcd ended with status 3');
  host.wipe();
  host.crash(1);
  await host.until(() => host.region.parameters.has(REPORT_NAME), 'report');
  await host.reads(2);
  expect(host.starts()).toHaveLength(2);
  host.giveTicket({ memberId: '1002' });
  await host.ran(3);
  host.giveTicket({ memberId: '1003' });
  host.crash(1);
  await host.ran(4);
  expect(existsSync(host.path(WAL))).toBe(true);
  expect(readdirSync(host.path('var/lib')).filter((name) => name.startsWith('etcd.removed-'))).toHaveLength(
    1,
  );
  expect(host.region.badSignatures).toEqual([]);
  expect(await host.stop()).toBe(0);
});

/** The names of all living processes in that process group. */
function processesOf(group: number): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      const match = /^\d+ \((.*)\) (\S) \d+ (\d+) /s.exec(statOf(pid));
      return match !== null && Number(match[3]) === group && match[2] !== 'Z' ? [match[1] ?? ''] : [];
    });
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}
