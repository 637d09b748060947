import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { decodeReport } from '../../../functions/core/report.ts';
import { INSTANCE, MemberHost, REPORT_NAME, WAL } from './member-host.ts';

describe('what the boot script makes of its disk and its ticket', () => {
  let host: MemberHost;

  afterEach(() => host.destroy());

  /** A machine with that ticket and, if it says so, with the data of that member. */
  async function boot(setUp: (host: MemberHost) => void): Promise<MemberHost> {
    host = new MemberHost({ address: '127.41.1.1' });
    setUp(host);
    await host.boot();
    return host;
  }

  /** A machine whose etcd ran with ticket 1001, and was powered off. */
  async function bootOnce(): Promise<MemberHost> {
    await boot((machine) => machine.giveTicket());
    await host.ran(1);
    await host.powerOff();
    return host;
  }

  async function expectNoStart(startsBefore = 0): Promise<void> {
    await host.reads();
    expect(host.starts().length).toBe(startsBefore);
  }

  async function expectReport(kind: 'empty-disk' | 'foreign-data', memberId: string): Promise<void> {
    await host.until(() => host.region.parameters.has(REPORT_NAME), 'report');
    const text = host.region.parameters.get(REPORT_NAME) ?? '';
    expect(decodeReport(INSTANCE, text)).toEqual({ instanceId: INSTANCE, kind, memberId });
  }

  test('an empty disk and an unused ticket: etcd starts, once, as the ticket says', async () => {
    await boot((machine) => machine.giveTicket());
    const env = await host.start();
    expect(Object.fromEntries(env)).toMatchObject({
      ETCD_NAME: INSTANCE,
      ETCD_INITIAL_CLUSTER: `${INSTANCE}=http://127.41.9.1:2380`,
      ETCD_INITIAL_CLUSTER_STATE: 'new',
      ETCD_INITIAL_CLUSTER_TOKEN: 'core-1-abcdef',
      ETCD_INITIAL_ADVERTISE_PEER_URLS: 'http://127.41.9.1:2380',
      ETCD_LISTEN_PEER_URLS: 'http://127.41.9.1:2380',
      ETCD_ADVERTISE_CLIENT_URLS: 'http://127.41.9.1:2379',
      ETCD_LISTEN_CLIENT_URLS: 'http://127.41.9.1:2379',
      ETCD_DATA_DIR: host.path('var/lib/etcd'),
      ETCD_PRE_VOTE: 'true',
      ARGUMENTS: '',
    });
    expect(host.region.parameters.has(REPORT_NAME)).toBe(false);
  });

  test('no ticket, then `joining`: it waits, and starts when the ticket comes', async () => {
    await boot(() => undefined);
    await host.says('waiting for a ticket');
    await expectNoStart();
    host.giveTicket({ state: 'joining' });
    await expectNoStart();
    host.giveTicket();
    expect((await host.start()).get('ETCD_NAME')).toBe(INSTANCE);
  });

  test.each(['ticket', 'started'] as const)(
    'a reboot with its own data and the state `%s`: it goes on, and could neither found nor join a cluster',
    async (state) => {
      await bootOnce();
      host.giveTicket({ state });
      await host.boot();
      const env = await host.ran(2);
      expect(env.get('ETCD_INITIAL_CLUSTER_STATE')).toBe('existing');
      expect(env.get('ETCD_INITIAL_CLUSTER')).toBe(`${INSTANCE}=http://127.41.9.1:2380`);
      expect(readFileSync(host.path(WAL), 'utf8')).toBe(`${INSTANCE} 1\n${INSTANCE} 2\n`);
    },
  );

  test('a wiped disk and the state `started`: it never starts, reports once, and takes only another member', async () => {
    await bootOnce();
    host.wipe();
    host.giveTicket({ state: 'started' });
    await host.boot();
    await expectReport('empty-disk', '1001');
    await expectNoStart(1);
    expect(host.region.asked.filter((what) => what === 'PutParameter')).toHaveLength(1);
    host.giveTicket({ state: 'joining' });
    await expectNoStart(1);
    host.giveTicket({ memberId: '1002' });
    await host.start(2);
  });

  test('a machine that lost everything, its memory too, does not start with the state `started`', async () => {
    await bootOnce();
    rmSync(host.path('var/lib'), { recursive: true });
    host.giveTicket({ state: 'started' });
    await host.boot();
    await expectReport('empty-disk', '1001');
    await expectNoStart(1);
  });

  test('a wiped disk and a ticket that this machine has used before: it does not start, and reports', async () => {
    await bootOnce();
    host.wipe();
    await host.boot();
    await expectReport('empty-disk', '1001');
    await expectNoStart(1);
  });

  test.each(['ticket', 'started'] as const)(
    'a data directory whose log alone was deleted counts as wiped (state `%s`)',
    async (state) => {
      await bootOnce();
      rmSync(host.path(WAL));
      host.giveTicket({ state });
      await host.boot();
      await expectReport('empty-disk', '1001');
      await expectNoStart(1);
    },
  );

  test('a first start that failed before etcd had data is not repeated: the ticket is used', async () => {
    await boot((machine) => {
      writeFileSync(machine.path('etcd-record/fails-early'), '');
      machine.giveTicket();
    });
    await expectReport('empty-disk', '1001');
    await expectNoStart(1);
  });

  test('data of a removed member and a new ticket: the data is kept aside, etcd starts on an empty directory', async () => {
    await bootOnce();
    host.giveTicket({
      memberId: '1002',
      start: { initialCluster: `${INSTANCE}=http://127.41.9.1:2380`, initialState: 'existing' },
    });
    await host.boot();
    expect((await host.ran(2)).get('ETCD_INITIAL_CLUSTER_STATE')).toBe('existing');
    expect(readFileSync(host.path(WAL), 'utf8')).toBe(`${INSTANCE} 2\n`);
    expect(asideLogs(host)).toEqual([`${INSTANCE} 1\n`]);
  });

  test('data that was kept aside is never deleted by the next data that is', async () => {
    await bootOnce();
    for (const memberId of ['1002', '1003']) {
      host.giveTicket({ memberId });
      await host.boot();
      await host.ran(Number(memberId) - 1000);
      await host.powerOff();
    }
    expect(asideLogs(host)).toEqual([`${INSTANCE} 1\n`, `${INSTANCE} 2\n`]);
  });

  test('data of nobody known and the state `started`: it does not start, and reports', async () => {
    await boot((machine) => {
      mkdirSync(join(machine.path(WAL), '..'), { recursive: true });
      appendFileSync(machine.path(WAL), 'somebody else');
      machine.giveTicket({ state: 'started' });
    });
    await expectReport('foreign-data', '1001');
    await expectNoStart();
    expect(readFileSync(host.path(WAL), 'utf8')).toBe('somebody else');
  });

  test('data of another member and a ticket that was used before: it does not start, and reports', async () => {
    await bootOnce();
    host.giveTicket({ memberId: '1002' });
    await host.boot();
    await host.ran(2);
    await host.powerOff();
    host.giveTicket({ memberId: '1001' });
    await host.boot();
    await expectReport('foreign-data', '1001');
    await expectNoStart(2);
  });

  test.each([
    ['3.6.14', '3.4.23'],
    ['3.10.0', '3.8.1'],
    ['4.0.0', '3.7.1'],
  ])(
    'etcd %s and voters of %s: it does not start until the voters are one minor behind',
    async (own, oldest) => {
      await boot((machine) => {
        machine.setVersion(own);
        machine.giveTicket({ oldestVersion: oldest });
      });
      await host.says(
        `not starting etcd ${own}: the cluster has voters of ${oldest}; upgrade one minor at a time`,
      );
      await expectNoStart();
      expect(host.region.parameters.has(REPORT_NAME)).toBe(false);
      const [major, minor] = own.split('.');
      host.giveTicket({ oldestVersion: minor === '0' ? own : `${major}.${Number(minor) - 1}.99` });
      await host.start();
    },
  );

  test('an etcd that is a minor behind, or ahead by one, is started: etcd itself refuses what it cannot join', async () => {
    await boot((machine) => {
      machine.setVersion('3.5.33');
      machine.giveTicket({ oldestVersion: '3.6.14' });
    });
    await host.start();
  });

  test('data of another member and a ticket, but an etcd that is too new: nothing starts or is moved', async () => {
    await bootOnce();
    host.setVersion('3.6.14');
    host.giveTicket({ memberId: '1002', oldestVersion: '3.4.23' });
    await host.boot();
    await host.says('upgrade one minor at a time');
    await expectNoStart(1);
    expect(existsSync(host.path(WAL))).toBe(true);
  });

  test('a ticket of another cluster or another instance starts nothing and is not reported', async () => {
    await boot((machine) => machine.giveTicket({}, 'other'));
    await expectNoStart();
    host.giveTicket({ instanceId: 'i-0bbbbbbbbbbbbbbb2' });
    await expectNoStart();
    expect(host.log).toMatch(/not starting etcd/);
    expect(host.region.parameters.has(REPORT_NAME)).toBe(false);
  });
});

/** The logs of all data that was kept aside, whatever it is kept under. */
function asideLogs(host: MemberHost): readonly string[] {
  const found = readdirSync(host.path('var/lib'), { recursive: true, encoding: 'utf8' });
  return found
    .filter((path) => path.endsWith('.wal') && join('var/lib', path) !== WAL)
    .map((path) => readFileSync(host.path(join('var/lib', path)), 'utf8'))
    .sort();
}
