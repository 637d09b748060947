import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeTicket } from '../../../functions/core/ticket.ts';
import { KEYS, refusal } from './fake-region.ts';
import { INSTANCE, MemberHost, REPORT_NAME, TICKET_NAME, ticketOf } from './member-host.ts';

let host: MemberHost;

beforeEach(() => {
  host = new MemberHost({ address: '127.41.2.1' });
});
afterEach(() => host.destroy());

const occurrences = (text: string, part: string): number => text.split(part).length - 1;

describe('while Parameter Store does not give the ticket, etcd is not started, and why is said once', () => {
  test.each([
    {
      what: 'throttles',
      trouble: refusal(400, 'ThrottlingException'),
      says: 'ThrottlingException (HTTP 400)',
    },
    {
      what: 'denies',
      trouble: refusal(400, 'AccessDeniedException'),
      says: 'AccessDeniedException (HTTP 400)',
    },
    {
      what: 'denies in its longer form',
      trouble: refusal(400, 'com.amazonaws.ssm#ExpiredTokenException'),
      says: ' ExpiredTokenException (HTTP 400)',
    },
    { what: 'fails', trouble: refusal(500, 'InternalServerError'), says: 'InternalServerError (HTTP 500)' },
    { what: 'fails without words', trouble: { status: 503, body: '' }, says: '(HTTP 503)' },
    { what: 'sends a page', trouble: { status: 200, body: '<html>hello</html>' }, says: 'not readable' },
    { what: 'sends an empty answer', trouble: { status: 200, body: '' }, says: 'not readable' },
    {
      what: 'speaks of ParameterNotFound in a page',
      trouble: { status: 404, body: 'ParameterNotFound' },
      says: '(HTTP 404)',
    },
    {
      what: 'does not know such a version',
      trouble: refusal(400, 'ParameterVersionNotFound'),
      says: 'ParameterVersionNotFound',
    },
    { what: 'hangs up', trouble: 'drop' as const, says: 'no answer from Parameter Store' },
  ])('it $what', async ({ trouble, says }) => {
    host.region.trouble = trouble;
    host.giveTicket();
    await host.boot();
    await host.says(says);
    await host.reads();
    expect(host.starts()).toEqual([]);
    expect(occurrences(host.log, says)).toBe(1);
    expect(host.log).not.toContain('has not written one yet');
    host.region.trouble = null;
    await host.start();
  });

  test('there is none: that is told apart from not knowing', async () => {
    await host.boot();
    await host.says('the autopilot has not written one yet');
    await host.reads();
    expect(occurrences(host.log, 'waiting for a ticket')).toBe(1);
  });

  test('nobody listens', async () => {
    const deaf = new MemberHost({
      address: '127.41.2.2',
      env: { AWS_ENDPOINT_URL_SSM: 'http://127.41.2.3:9' },
    });
    try {
      deaf.giveTicket();
      await deaf.boot();
      await deaf.says('no answer from Parameter Store');
      expect(deaf.starts()).toEqual([]);
      expect(deaf.region.readCount).toBe(0);
    } finally {
      await deaf.destroy();
    }
  });

  test('each new reason is said, in its order', async () => {
    host.region.trouble = refusal(400, 'AccessDeniedException');
    await host.boot();
    await host.says('AccessDeniedException');
    host.region.trouble = null;
    await host.says('has not written one yet');
    host.region.trouble = refusal(400, 'ThrottlingException');
    await host.says('ThrottlingException');
    host.region.trouble = null;
    host.giveTicket({ state: 'joining' });
    await host.says('the member is being added');
    host.giveTicket();
    await host.says('starting etcd 3.6.14 as member 1001');
    expect(host.log).toContain(`cluster core, instance ${INSTANCE}:`);
  });

  test('a report that is refused is repeated until it is taken', async () => {
    host.region.trouble = refusal(400, 'AccessDeniedException');
    host.region.troubleWith = 'PutParameter';
    host.giveTicket({ state: 'started' });
    await host.boot();
    await host.says('cannot report it: Parameter Store answers AccessDeniedException (HTTP 400)');
    await host.reads();
    expect(occurrences(host.log, 'cannot report it')).toBe(1);
    host.region.trouble = null;
    await host.until(() => host.region.parameters.has(REPORT_NAME), 'report');
    await host.says(', reported;');
    expect(host.starts()).toEqual([]);
  });
});

describe('the instance metadata service', () => {
  test('may be slow to come', async () => {
    host.region.metadata = 'down';
    host.giveTicket();
    await host.boot();
    await host.says('waiting for the instance metadata service');
    expect(host.starts()).toEqual([]);
    host.region.metadata = 'up';
    await host.start();
  });

  test('may have no role for the machine yet', async () => {
    host.region.metadata = 'withoutRole';
    host.giveTicket();
    await host.boot();
    await host.says('no credentials from the instance role');
    expect(host.region.readCount).toBe(0);
    host.region.metadata = 'up';
    await host.start();
  });
});

describe('the answer of Parameter Store', () => {
  const ticketText = encodeTicket('core', ticketOf());
  const escaped = JSON.stringify(ticketText);

  test.each([
    {
      what: 'compact, the value first',
      body: `{"Parameter":{"Value":${escaped},"Name":"${TICKET_NAME}","Version":1}}`,
    },
    {
      what: 'spread out',
      body: JSON.stringify({ Parameter: { Name: TICKET_NAME, Value: ticketText } }, null, 4),
    },
    {
      what: 'with blanks around the colons',
      body: `{ "Parameter" : { "Value" : ${escaped} , "Version" : 1 } }`,
    },
    {
      what: 'with optional escapes',
      body: `{"Parameter":{"Value":${escaped.replaceAll('=', '\\u003d').replaceAll('/', '\\/')}}}`,
    },
    {
      what: 'with a decoy in another text',
      body: `{"Parameter":{"Description":"a \\"Value\\": \\"x\\" ","Value":${escaped},"Note":"\\"Value\\":\\"y\\""}}`,
    },
  ])('is read $what', async ({ body }) => {
    host.region.trouble = { status: 200, body };
    await host.boot();
    const env = await host.start();
    expect(env.get('ETCD_INITIAL_CLUSTER')).toBe(`${INSTANCE}=http://127.41.9.1:2380`);
    expect(env.get('ETCD_INITIAL_CLUSTER_STATE')).toBe('new');
  });

  const line = (name: string, value: string): string =>
    ticketText.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`);

  test.each([
    { what: 'a command', text: line('ETCD_NAME', '$(touch pwned)') },
    { what: 'a second command', text: line('ETCD_INITIAL_CLUSTER_TOKEN', 'x;touch pwned') },
    { what: 'a quote', text: line('ETCD_NAME', "'") },
    { what: 'a line that is none', text: `${ticketText}touch pwned\n` },
    { what: 'no member id', text: line('AUTOPILOT_MEMBER_ID', '') },
    {
      what: 'no initial cluster, of which etcd would make one of its own',
      text: line('ETCD_INITIAL_CLUSTER', ''),
    },
    {
      what: 'an initial cluster of others',
      text: line('ETCD_INITIAL_CLUSTER', 'i-0bbbbbbbbbbbbbbb2=http://127.41.9.2:2380'),
    },
    { what: 'no initial state', text: line('ETCD_INITIAL_CLUSTER_STATE', '') },
    {
      what: "a founding without a token, which would be everybody's",
      text: line('ETCD_INITIAL_CLUSTER_TOKEN', ''),
    },
    { what: 'no URL to listen on, for which etcd has a default', text: line('ETCD_LISTEN_CLIENT_URLS', '') },
    { what: 'no peer URL', text: line('ETCD_INITIAL_ADVERTISE_PEER_URLS', '') },
    { what: 'the id of another instance', text: line('AUTOPILOT_INSTANCE_ID', 'i-0bbbbbbbbbbbbbbb2') },
    { what: 'another name', text: line('ETCD_NAME', 'i-0bbbbbbbbbbbbbbb2') },
    { what: 'half of it', text: ticketText.slice(0, ticketText.indexOf('ETCD_LISTEN')) },
  ])('starts nothing when the ticket holds $what', async ({ text }) => {
    host.region.parameters.set(TICKET_NAME, text);
    await host.boot();
    await host.says('not starting etcd');
    await host.reads(2);
    expect(host.starts()).toEqual([]);
    expect(readdirSync(host.root)).not.toContain('pwned');
    expect(host.region.parameters.has(REPORT_NAME)).toBe(false);
  });
});

describe('what is secret', () => {
  const SECRETS = [KEYS.secretKey, KEYS.token, 'metadata-'];

  test('calls are signed by curl as AWS demands, the session token included', async () => {
    host.giveTicket({ state: 'started' }); // so that it also writes
    await host.boot();
    await host.until(() => host.region.parameters.has(REPORT_NAME), 'report');
    expect(host.region.badSignatures).toEqual([]);
    expect([...host.region.scopes]).toEqual([`${KEYS.accessKeyId} eu-test-1 ssm`]);
  });

  test('is in no argument list and no environment while curl runs', async () => {
    const seen: string[] = [];
    let looks = 0;
    let mostProcesses = 0;
    host.region.during = () => {
      looks += 1;
      const processes = processesOf(host.pid);
      mostProcesses = Math.max(mostProcesses, processes.length);
      seen.push(...leaksOf(processes, SECRETS));
    };
    host.giveTicket({ state: 'started' });
    await host.boot();
    await host.until(() => host.region.parameters.has(REPORT_NAME), 'report');
    expect(looks).toBeGreaterThan(1);
    expect(mostProcesses).toBeGreaterThan(1); // the shell and the curl that it waits for
    expect(seen).toEqual([]);
  });

  test('is in no log and no file, not even when a refusal quotes it', async () => {
    host.region.trouble = refusal(
      400,
      'InvalidSignatureException',
      `x-amz-security-token:${KEYS.token} ${KEYS.secretKey}`,
    );
    host.giveTicket();
    await host.boot();
    await host.says('InvalidSignatureException');
    host.region.trouble = null;
    await host.start();
    const files = readdirSync(host.root, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const texts = [
      host.log,
      ...files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
    ];
    expect(files.length).toBeGreaterThan(3);
    for (const secret of SECRETS.slice(0, 2))
      expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  });
});

/** The processes of one machine: its process group. Others on this computer may talk of metadata as they like. */
function processesOf(group: number): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    const fields = /^\d+$/.test(pid) ? readQuietly(`/proc/${pid}/stat`) : '';
    return Number(fields.slice(fields.lastIndexOf(')') + 2).split(' ')[2]) === group;
  });
}

/** Command lines and environments that hold one of these. */
function leaksOf(processes: readonly string[], secrets: readonly string[]): readonly string[] {
  return processes
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => readQuietly(`/proc/${pid}/${file}`)))
    .filter((text) => secrets.some((secret) => text.includes(secret)));
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}
