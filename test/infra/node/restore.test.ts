import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { decodeReport } from '../../../functions/core/report.ts';
import { RESTORE_BUMP, type Restore } from '../../../functions/core/restore.ts';
import { encodeTicket } from '../../../functions/core/ticket.ts';
import { KEYS, xmlRefusal } from './fake-region.ts';
import { INSTANCE, MemberHost, REPORT_NAME, SHELLS, TICKET_NAME, ticketOf, WAL } from './member-host.ts';

const SNAPSHOT = Buffer.from('a database of etcd, and its checksum');
const WHERE = 'snapshots-1/etcd-autopilot/core/snapshots/2026-11-21T10-00-00Z-4711.db';
const RESTORE: Restore = {
  uri: `s3://${WHERE}`,
  sha256: createHash('sha256').update(SNAPSHOT).digest('hex'),
  sizeBytes: SNAPSHOT.length,
  bump: RESTORE_BUMP,
};
const PEER = 'http://127.41.9.1:2380';
const start = (restore: Restore) =>
  ({ initialCluster: `${INSTANCE}=${PEER}`, initialState: 'new', restore }) as const;

let host: MemberHost;
afterEach(() => host.destroy());

/** Restores by copying: the data shows which snapshot it is of, and with which flags. */
const fakeTool = (flags: string): string => `#!/bin/sh
[ "$*" != 'snapshot restore --help' ] || { echo '${flags}'; exit; }
[ ! -e "$0.broken" ] || { echo 'Error: snapshot file is not a snapshot' >&2; exit 1; }
file=$3 into=\${4#--data-dir=}
[ ! -e "$into" ] || { echo "Error: $into exists" >&2; exit 1; }
mkdir -p "$into/member/wal" "$into/member/snap"
cp "$file" "$into/member/snap/db"
echo "$*" >"$into/member/flags"
echo restored >"$into/member/wal/0000000000000000-0000000000000000.wal"
`;
const FLAGS = '--data-dir --bump-revision --mark-compacted';

function machine(changes: { readonly tool?: string; readonly shell?: readonly string[] } = {}): MemberHost {
  const { tool = 'etcdutl', ...options } = changes;
  host = new MemberHost({ address: '127.41.1.7', ...options });
  if (tool !== '') host.program(tool, fakeTool(FLAGS));
  host.region.objects.set(WHERE, SNAPSHOT);
  host.giveTicket({ start: start(RESTORE) });
  return host;
}

const dataFile = (name: string): string =>
  readFileSync(host.path(`var/lib/etcd/member/${name}`), 'utf8').trim();
const report = () => decodeReport(INSTANCE, host.region.parameters.get(REPORT_NAME) ?? '');

function expectRestoredOnce(): void {
  expect(dataFile('snap/db')).toBe(SNAPSHOT.toString());
  expect(dataFile('wal/0000000000000000-0000000000000000.wal').split('\n')[0]).toBe('restored');
  expect(readFileSync(host.path('var/lib/etcd-autopilot/used'), 'utf8')).toBe('1001\n');
  expect(readdirSync(host.path('var/lib'))).toEqual(['etcd', 'etcd-autopilot']);
  expect(readdirSync(host.path('var/lib/etcd'))).toEqual(['member']);
}

describe.each(SHELLS.map((shell) => ({ shell })))('under $shell', ({ shell }) => {
  test('a founder that restores has the data in its place before etcd starts, with the revisions raised', async () => {
    machine({ shell });
    await host.boot();
    const env = await host.ran(1);
    expectRestoredOnce();
    expect(dataFile('flags')).toBe(
      [
        `snapshot restore ${host.path('var/lib/etcd/restoring/db')}`,
        `--data-dir=${host.path('var/lib/etcd/restoring/etcd')} --name=${INSTANCE}`,
        `--bump-revision=1000000000 --mark-compacted --initial-cluster=${INSTANCE}=${PEER}`,
        `--initial-cluster-token=core-1-abcdef --initial-advertise-peer-urls=${PEER}`,
      ].join(' '),
    );
    expect(env.get('ETCD_INITIAL_CLUSTER_STATE')).toBe('new');
    expect(host.region.badSignatures).toEqual([]);
    expect(host.region.scopes).toContain('ASIAFAKEFAKEFAKE eu-test-1 s3');
    for (const secret of [KEYS.secretKey, KEYS.token]) expect(host.log).not.toContain(secret);
  });
});

test('what is restored is restored once: later starts go on with the data that is there', async () => {
  machine();
  await host.boot();
  await host.ran(1);
  await host.powerOff();
  await host.boot();
  await host.ran(2);
  expectRestoredOnce();
  expect(host.region.downloads).toEqual([WHERE]);
  await host.powerOff();
  host.wipe();
  await host.boot();
  await host.until(() => report() !== null, 'report');
  expect(report()?.kind).toBe('empty-disk');
  expect(host.region.downloads).toEqual([WHERE]);
});

test('revisions that are to stay as they are stay so, with any tool', async () => {
  machine({ tool: '' });
  host.program('etcdctl', fakeTool('--data-dir'));
  host.giveTicket({ start: start({ ...RESTORE, bump: 0 }) });
  await host.boot();
  await host.ran(1);
  expect(dataFile('flags')).not.toContain('bump');
});

test('data of another member that lies there is kept aside, and never mixed with what is restored', async () => {
  machine();
  mkdirSync(dirname(host.path(WAL)), { recursive: true });
  mkdirSync(host.path('var/lib/etcd/restoring/etcd'), { recursive: true });
  writeFileSync(host.path(WAL), 'of another\n');
  await host.boot();
  await host.ran(1);
  const [aside = ''] = readdirSync(host.path('var/lib')).filter((name) => name.startsWith('etcd.removed-'));
  expect(existsSync(host.path(`var/lib/${aside}/wal`))).toBe(true);
  expect(dataFile('snap/db')).toBe(SNAPSHOT.toString());
});

describe('a machine that dies while it restores does it again, and ends with the same', () => {
  /** A program of the system that ends the machine at that work, once. */
  const deadly = (name: string, when: 'before' | 'after', work: string): string => `#!/bin/sh
case "$*" in *'${work}'*) ;; *) exec /usr/bin/${name} "$@" ;; esac
[ ! -e '${host.path('died')}' ] || exec /usr/bin/${name} "$@"
${when === 'after' ? `/usr/bin/${name} "$@"\n` : ''}: >'${host.path('died')}'
kill -9 0
`;

  test.each([
    ['curl', 'after', ' -o '],
    ['timeout', 'after', 'snapshot'],
    ['mv', 'before', 'restoring'],
    ['mv', 'after', 'restoring'],
  ] as const)('%s, %s its work', async (name, when, work) => {
    machine();
    host.program(name, deadly(name, when, work));
    await host.boot();
    await host.ended();
    expect(existsSync(host.path('died'))).toBe(true);
    expect(host.starts()).toEqual([]);
    await host.powerOff();
    await host.boot();
    await host.ran(1);
    expectRestoredOnce();
  });
});

describe('a founder that cannot restore', () => {
  const failed = (reason: string) => ({
    instanceId: INSTANCE,
    kind: 'restore-failed',
    memberId: '1001',
    reason,
  });
  const reported = (reason: string) => host.until(() => report()?.reason === reason, `report "${reason}"`);
  const DIFFERS = 'it is not what was meant: it has another SHA-256, or not 36 bytes';

  test('starts no etcd, says why, tries again, and goes on as soon as it can', async () => {
    const { region } = machine();
    region.objectTrouble = { ...xmlRefusal('AccessDenied', 'no'), status: 403 };
    await host.boot();
    await reported('S3 answers AccessDenied (HTTP 403)');
    expect(report()).toEqual(failed('S3 answers AccessDenied (HTTP 403)'));
    await host.says(`cannot restore ${RESTORE.uri}: S3 answers AccessDenied (HTTP 403), reported;`);
    region.objectTrouble = 'drop';
    await reported('no answer from S3, or it stopped on the way');
    for (const wrong of [SNAPSHOT.subarray(0, -1), Buffer.from(SNAPSHOT).fill('x')]) {
      region.objects.delete(WHERE);
      region.objectTrouble = null;
      await reported('S3 answers NoSuchKey (HTTP 400)');
      region.objects.set(WHERE, wrong);
      await reported(DIFFERS);
    }
    writeFileSync(host.path('bin/etcdutl.broken'), '');
    region.objects.set(WHERE, SNAPSHOT);
    await reported('etcdutl: Error: snapshot file is not a snapshot');
    expect(host.starts()).toEqual([]);
    rmSync(host.path('bin/etcdutl.broken'));
    await host.ran(1);
    expectRestoredOnce();
    expect(report()).toBeNull();
  });

  test('because its etcd is too old says which one is needed', async () => {
    machine({ tool: '' });
    host.program('etcdctl', fakeTool('--data-dir'));
    host.setVersion('3.4.23');
    await host.boot();
    await host.until(() => report() !== null, 'report');
    const needed = '3.4.27, 3.5.10, 3.6.0 or later is needed';
    expect(report()).toEqual(
      failed(`etcd 3.4.23 brings no etcdutl or etcdctl that can raise revisions: ${needed}`),
    );
    expect(host.region.downloads).toEqual([]);
    expect(host.starts()).toEqual([]);
  });
});

test('a ticket that names half a snapshot, or gives one to several or to a join, is no ticket', async () => {
  const text = encodeTicket('core', ticketOf({ start: start(RESTORE) }));
  const edited = [
    ...['', '_SHA256', '_SIZE', '_BUMP'].map((name) =>
      text.replace(new RegExp(`^AUTOPILOT_RESTORE${name}=.*\n`, 'm'), ''),
    ),
    text.replace(/^(ETCD_INITIAL_CLUSTER=.*)$/m, '$1,i-0b=http://127.41.9.2:2380'),
    text.replace('CLUSTER_STATE=new', 'CLUSTER_STATE=existing'),
  ];
  machine();
  for (const wrong of edited) {
    expect(wrong).not.toBe(text);
    host.region.parameters.set(TICKET_NAME, wrong);
    if (host.log === '') await host.boot();
    await host.says('is no ticket for this machine');
    await host.reads(1);
    expect(host.region.downloads).toEqual([]);
  }
  host.region.parameters.set(TICKET_NAME, text);
  await host.ran(1);
});
