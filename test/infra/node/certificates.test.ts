import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeReport } from '../../../functions/core/report.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { refusal } from './fake-region.ts';
import { type HostOptions, INSTANCE, MemberHost, REPORT_NAME, SHELLS } from './member-host.ts';

const DOMAIN = 'etcd.internal';
const SECRETS = '/etcd-autopilot-secrets/core';
const made = makeCertificates(DOMAIN);
const other = makeCertificates(DOMAIN);
/** A text that only the key has; it must not be seen anywhere else. */
const secretOf = (key: string): string => key.split('\n')[1] ?? '';

const urls = {
  peerUrl: `https://${INSTANCE}.${DOMAIN}:2380`,
  clientUrl: `https://${INSTANCE}.${DOMAIN}:2379`,
};
const TICKET = {
  ...urls,
  start: { initialCluster: `${INSTANCE}=${urls.peerUrl}`, initialState: 'new' },
} as const;

let host: MemberHost;
afterEach(() => host.destroy());

function open(options: Partial<HostOptions> = {}): MemberHost {
  host = new MemberHost({ address: '127.44.3.1', parameters: { Tls: 'parameters' }, ...options });
  host.giveTicket(TICKET);
  give({});
  return host;
}

/** Writes the three parameters of a member, some of them with another value; null takes one away. */
function give(changes: Readonly<Record<string, string | null>>): void {
  const values = { ca: made.ca, 'member-cert': made.member.cert, 'member-key': made.member.key, ...changes };
  for (const [name, value] of Object.entries(values)) {
    if (value === null) host.region.parameters.delete(`${SECRETS}/${name}`);
    else host.region.parameters.set(`${SECRETS}/${name}`, value);
  }
  host.region.secure.add(`${SECRETS}/member-key`);
}

const tls = (name: string): string => host.path(`etc/etcd-autopilot/tls/${name}`);
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('with certificates in Parameter Store', () => {
  beforeEach(() => {
    open();
  });

  test('etcd starts with them on both sides, and demands one of everybody', async () => {
    await host.boot();
    const env = await host.start();
    expect(Object.fromEntries(env)).toMatchObject({
      ETCD_CERT_FILE: tls('member.crt'),
      ETCD_KEY_FILE: tls('member.key'),
      ETCD_TRUSTED_CA_FILE: tls('ca.crt'),
      ETCD_CLIENT_CERT_AUTH: 'true',
      ETCD_PEER_CERT_FILE: tls('member.crt'),
      ETCD_PEER_KEY_FILE: tls('member.key'),
      ETCD_PEER_TRUSTED_CA_FILE: tls('ca.crt'),
      ETCD_PEER_CLIENT_CERT_AUTH: 'true',
      ETCD_ADVERTISE_CLIENT_URLS: urls.clientUrl,
      ETCD_INITIAL_ADVERTISE_PEER_URLS: urls.peerUrl,
    });
    expect([...env.keys()].filter((name) => name.includes('EXPERIMENTAL'))).toEqual([]);
    expect(readFileSync(tls('ca.crt'), 'utf8').trim()).toBe(made.ca.trim());
    expect(readFileSync(tls('member.crt'), 'utf8').trim()).toBe(made.member.cert.trim());
    expect(readFileSync(tls('member.key'), 'utf8').trim()).toBe(made.member.key.trim());
  });

  test('they are for etcd alone; people who log in get the CA, and no key', async () => {
    await host.boot();
    await host.ran();
    expect(['', 'ca.crt', 'member.crt', 'member.key'].map((name) => mode(tls(name)))).toEqual([
      '700',
      '600',
      '600',
      '600',
    ]);
    expect(readdirSync(host.path('etc/etcd-autopilot')).sort()).toEqual(['ca.crt', 'etcd.env', 'tls']);
    const hint = readFileSync(host.path('etc/profile.d/etcdctl.sh'), 'utf8');
    expect(hint).toContain(`ETCDCTL_CACERT=${host.path('etc/etcd-autopilot/ca.crt')}\n`);
    expect(hint).not.toMatch(/KEY|CERT=\S*tls/);
    expect([mode(host.path('etc/etcd-autopilot')), mode(host.path('etc/etcd-autopilot/ca.crt'))]).toEqual([
      '711',
      '644',
    ]);
  });

  test('every start brings them anew, so a rotation is a restart', async () => {
    await host.boot();
    await host.ran(1);
    give({ ca: other.ca, 'member-cert': other.member.cert, 'member-key': other.member.key });
    host.giveTicket({ ...urls, state: 'started' });
    host.crash(1);
    await host.ran(2);
    expect(readFileSync(tls('member.key'), 'utf8').trim()).toBe(other.member.key.trim());
    expect(readFileSync(tls('ca.crt'), 'utf8').trim()).toBe(other.ca.trim());
  });

  test.each([
    ['a ticket with http on a machine with TLS', 'parameters', 'http'],
    ['a ticket with https on a machine without', 'none', 'https'],
  ])('%s starts nothing', async (_what, Tls, scheme) => {
    await host.destroy();
    open({ parameters: { Tls } });
    const peerUrl = `${scheme}://127.44.9.1:2380`;
    host.giveTicket({
      peerUrl,
      clientUrl: `${scheme}://127.44.9.1:2379`,
      start: { initialCluster: `${INSTANCE}=${peerUrl}`, initialState: 'new' },
    });
    await host.boot();
    await host.says(`is no ticket for this machine in this cluster (TLS: ${Tls})`);
    await host.reads();
    expect(host.starts()).toEqual([]);
  });
});

describe('what is not right starts nothing, uses no ticket, and is told with the name of the parameter', () => {
  beforeEach(() => {
    open();
  });

  test.each([
    {
      what: 'a missing one',
      changes: { ca: null },
      says: `cannot read the parameter ${SECRETS}/ca: Parameter Store answers ParameterNotFound (HTTP 400)`,
    },
    {
      what: 'a CA that is none',
      changes: { ca: 'hello' },
      says: `the parameter ${SECRETS}/ca is not in PEM form`,
    },
    {
      what: 'half of a certificate',
      changes: { 'member-cert': made.member.cert.slice(0, 300) },
      says: `the parameter ${SECRETS}/member-cert is not in PEM form, or not whole`,
    },
    {
      what: 'a certificate in place of the key',
      changes: { 'member-key': made.member.cert },
      says: `the parameter ${SECRETS}/member-key is not in PEM form`,
    },
    {
      what: 'the key of another certificate',
      changes: { 'member-key': other.member.key },
      says: `the key (the parameter ${SECRETS}/member-key) does not belong to its certificate`,
    },
    {
      what: 'a certificate that has expired',
      changes: { 'member-cert': made.expired.cert, 'member-key': made.expired.key },
      says: `the certificate of the parameter ${SECRETS}/member-key has expired`,
    },
    {
      what: 'a certificate for another name',
      changes: { 'member-cert': made.misnamed.cert, 'member-key': made.misnamed.key },
      says: `the certificate of the parameter ${SECRETS}/member-key is not for ${INSTANCE}.${DOMAIN}`,
    },
    {
      what: 'a certificate of another authority',
      changes: { 'member-cert': other.member.cert, 'member-key': other.member.key },
      says: `the certificate of the parameter ${SECRETS}/member-key is of no authority in ca`,
    },
  ])('$what', async ({ changes, says }) => {
    give(changes);
    await host.boot();
    await host.says(`not starting etcd: ${says}`);
    await host.reads();
    expect(host.starts()).toEqual([]);
    expect(existsSync(host.path('var/lib/etcd-autopilot/used'))).toBe(false);
    expect(host.region.parameters.has(REPORT_NAME), 'a newcomer has nothing to be kept for').toBe(false);
    expect(host.log.split(says).length, 'said once').toBe(2);
    give({});
    await host.start();
    expect(host.log).not.toContain(secretOf(made.member.key));
    expect(host.log).not.toContain(secretOf(other.member.key));
  });

  test('a key that is no SecureString: who could read it could read it', async () => {
    host.region.secure.clear();
    await host.boot();
    await host.says(`not starting etcd: the parameter ${SECRETS}/member-key must be a SecureString`);
    await host.reads();
    expect(host.starts()).toEqual([]);
    expect(existsSync(tls('member.key'))).toBe(false);
    expect(host.log).not.toContain(secretOf(made.member.key));
    give({});
    await host.start();
  });

  test.each(['AccessDeniedException', 'ThrottlingException'])(
    '%s, although an older certificate is at hand; a voter reports that, until it starts',
    async (type) => {
      await host.boot();
      await host.ran(1);
      host.giveTicket({ ...urls, state: 'started' });
      host.region.troubleWhere = (name) => name.endsWith('/member-key');
      host.region.trouble = refusal(400, type);
      host.crash(1);
      await host.says(
        `cannot read the parameter ${SECRETS}/member-key: Parameter Store answers ${type} (HTTP 400)`,
      );
      await host.reads();
      expect(host.starts()).toHaveLength(1);
      expect(decodeReport(INSTANCE, host.region.parameters.get(REPORT_NAME) ?? '')).toEqual({
        instanceId: INSTANCE,
        kind: 'bad-certificates',
        memberId: '1001',
      });
      host.region.trouble = null;
      await host.start(2);
      expect(host.region.parameters.get(REPORT_NAME)).toContain('AUTOPILOT_REPORT=withdrawn');
    },
  );

  test('without openssl the key is not compared: etcd itself would say so', async () => {
    await host.destroy();
    const programs = mkdtempSync(join(tmpdir(), 'etcd-autopilot-programs-'));
    for (const name of readdirSync('/usr/bin').filter((program) => program !== 'openssl'))
      symlinkSync(`/usr/bin/${name}`, join(programs, name));
    try {
      open({ systemPath: programs });
      give({ 'member-key': other.member.key });
      await host.boot();
      await host.start();
      expect(host.log).not.toContain('does not belong');
    } finally {
      rmSync(programs, { recursive: true });
    }
  });
});

describe('with a command', () => {
  const COMMAND = 'fetch-certificates --for core';

  function openCommand(text: string): void {
    open({ parameters: { Tls: 'command', TlsCommand: COMMAND } });
    for (const name of [...host.region.parameters.keys()].filter((name) => name.startsWith(SECRETS)))
      host.region.parameters.delete(name);
    for (const [name, value] of [
      ['ca.crt', made.ca],
      ['member.crt', made.member.cert],
      ['member.key', made.member.key],
    ] as const)
      writeFileSync(host.path(`own-${name}`), value);
    host.program('fetch-certificates', `#!/bin/sh\n${text}`);
  }

  const copies = (): string =>
    `echo "$1 $2" >>'${host.path('arguments')}'; cat '${host.path('own-member.key')}'
for name in ca.crt member.crt member.key; do cp '${host.root}/own-'$name "$3/$name" && chmod 644 "$3/$name"; done\n`;

  test('it puts the files where it is told, before every start; what it prints is not logged', async () => {
    openCommand('');
    host.program('fetch-certificates', `#!/bin/sh\n${copies()}`);
    await host.boot();
    expect((await host.ran(1)).get('ETCD_CERT_FILE')).toBe(tls('member.crt'));
    expect(readFileSync(tls('member.key'), 'utf8')).toBe(made.member.key);
    expect(mode(tls('member.key'))).toBe('600');
    host.crash(1);
    host.giveTicket({ ...urls, state: 'started' });
    await host.ran(2);
    expect(readFileSync(host.path('arguments'), 'utf8')).toBe('--for core\n--for core\n');
    expect(host.log).not.toContain(secretOf(made.member.key));
  });

  test('one that fails starts nothing', async () => {
    openCommand('echo "the vault is sealed" >&2; exit 3\n');
    await host.boot();
    await host.says(`not starting etcd: the command TlsCommand failed or took more than 60 s: ${COMMAND}`);
    await host.reads();
    expect(host.log).toContain('the vault is sealed');
    expect(host.starts()).toEqual([]);
  });

  test('one that leaves a file out starts nothing', async () => {
    openCommand('');
    host.program('fetch-certificates', `#!/bin/sh\n${copies()}rm "$3/member.key"\n`);
    await host.boot();
    await host.says(`not starting etcd: the file member.key of ${COMMAND} is not in PEM form`);
    await host.reads();
    expect(host.starts()).toEqual([]);
  });
});

test.each(SHELLS.map((shell) => ({ shell, name: shell.join(' ') })))(
  '$name brings them',
  async ({ shell }) => {
    open({ shell });
    give({ 'member-key': other.member.key });
    await host.boot();
    await host.says('does not belong to its certificate');
    give({});
    await host.ran(1);
    give({ ca: other.ca });
    host.giveTicket({ ...urls, state: 'started' });
    host.crash(1);
    await host.says('is of no authority in ca');
    give({ ca: `${other.ca}${made.ca}` });
    await host.ran(2);
  },
);
