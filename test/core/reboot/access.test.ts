import { describe, expect, test } from 'vitest';
import { clientIdOf, instancesOf } from '../../../functions/core/reboot/client-id.ts';
import { isOperatorEvent, parseRebootRequest } from '../../../functions/core/reboot/request.ts';
import { isSecret, secretName, secretProblem } from '../../../functions/core/reboot/secret.ts';

const SECRET = 'abcdefghijklmnopqrst';
const NAME = secretName('/etcd-autopilot-secrets', 'core');
const kept = (value: string, isSecure = true) => ({ value, isSecure });

describe('the secret of a cluster', () => {
  test('lies beside its certificates', () => {
    expect(NAME).toBe('/etcd-autopilot-secrets/core/reboot-secret');
  });

  test('lets in whoever brings it, and nobody else', () => {
    expect(isSecret(SECRET, NAME, kept(SECRET))).toBe(true);
    for (const other of ['', SECRET.slice(1), `${SECRET}x`, SECRET.toUpperCase(), 'a'.repeat(4_000)])
      expect(isSecret(other, NAME, kept(SECRET)), other).toBe(false);
  });

  test.each([
    ['there is none', undefined, 'does not exist'],
    ['it is readable to all', kept(SECRET, false), 'SecureString'],
    ['it is short enough to guess', kept('short'), '20 to 128'],
    ['it would not fit into a URL', kept(`${SECRET}/..`), '20 to 128'],
    ['it ends in a line break', kept(`${SECRET}\n`), '20 to 128'],
    ['it is empty', kept(''), '20 to 128'],
  ])('lets nobody in where %s, not even who brings what stands there', (_what, secret, words) => {
    expect(secretProblem(NAME, secret)).toContain(words);
    expect(secretProblem(NAME, secret)).not.toContain(SECRET);
    for (const given of [secret?.value ?? '', '', `none of ${NAME}`])
      expect(isSecret(given, NAME, secret)).toBe(false);
  });
});

describe('the id of a client', () => {
  const long = 'i-0123456789abcdef0';
  const short = 'i-0123abcd';

  test('is that of an instance, or its digits behind zeros, 32 in all', () => {
    expect(instancesOf(long)).toEqual([long]);
    expect(instancesOf(short)).toEqual([short]);
    expect(clientIdOf(long)).toBe('0000000000000000123456789abcdef0');
    expect(instancesOf(clientIdOf(long))).toContain(long);
    expect(instancesOf(clientIdOf(short))).toContain(short);
    expect(clientIdOf(short)).toMatch(/^[0-9a-f]{32}$/);
  });

  test.each([
    'c988d2509fdf4cdcbed39037c56406fb',
    '',
    'web-1',
    'i-0123',
    'I-0123456789ABCDEF0',
    '0000000000000000123456789ABCDEF0',
    '000000000000000123456789abcdef0',
    '00000000-0000-0000-1234-56789abcdef0',
  ])('%s is none', (id) => {
    expect(instancesOf(id)).toEqual([]);
  });
});

describe('an operator', () => {
  test('is whoever may invoke the function with a request of ours', () => {
    expect(isOperatorEvent({ etcdAutopilot: 1 })).toBe(true);
    expect(isOperatorEvent({ requestContext: { http: {} }, body: '{"etcdAutopilot":1}' })).toBe(false);
  });

  test('asks for the locks of a cluster, or takes one off an instance', () => {
    const list = { request: 'reboots', cluster: 'core' };
    const free = { request: 'releaseReboot', cluster: 'core', group: 'members', id: 'i-0123abcd' };
    expect(parseRebootRequest({ etcdAutopilot: 1, ...list })).toEqual({ ok: true, request: list });
    expect(parseRebootRequest({ etcdAutopilot: 1, ...free })).toEqual({ ok: true, request: free });
  });

  test.each([
    [null, 'not a JSON object'],
    [{ etcdAutopilot: 2, request: 'reboots', cluster: 'core' }, '"etcdAutopilot": 1'],
    [{ etcdAutopilot: 1, request: 'status', cluster: 'core' }, '"reboots" or "releaseReboot"'],
    [{ etcdAutopilot: 1, request: 'reboots' }, 'name like "core"'],
    [{ etcdAutopilot: 1, request: 'reboots', cluster: '../core' }, 'name like "core"'],
    [{ etcdAutopilot: 1, request: 'releaseReboot', cluster: 'core', id: 'i-1' }, 'the group must be'],
    [
      { etcdAutopilot: 1, request: 'releaseReboot', cluster: 'core', group: 'a/b', id: 'i-1' },
      'the group must be',
    ],
    [{ etcdAutopilot: 1, request: 'releaseReboot', cluster: 'core', group: 'members' }, 'the id must be'],
  ])('who asks %j is told what is wrong', (event, words) => {
    const parsed = parseRebootRequest(event);
    expect(parsed.ok ? '' : parsed.reason).toContain(words);
  });
});
