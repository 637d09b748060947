import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addressOf, GRANTED, readClientRequest, refused } from '../../../functions/core/reboot/fleet-lock.ts';
import { BODY_BYTES_MAX, type HttpRequest } from '../../../functions/core/reboot/http.ts';
import { bodyOfRefusal, REFUSALS, refusal, statusOfRefusal } from '../../../functions/core/reboot/refusal.ts';

/** As the protocol's own example has it: https://coreos.github.io/zincati/development/fleetlock/protocol */
const EXAMPLE = `{
  "client_params": {
    "group": "default",
    "id": "c988d2509fdf5cdcbed39037c56406fb"
  }
}
`;
const request = (over: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  path: '/core/secret/v1/pre-reboot',
  headers: new Map([['fleet-lock-protocol', 'true']]),
  body: EXAMPLE,
  from: 'url',
  ...over,
});
const params = (value: unknown) => request({ body: JSON.stringify({ client_params: value }) });

describe('a request', () => {
  test('is read as the protocol writes it, before a reboot and after', () => {
    const asked = { group: 'default', id: 'c988d2509fdf5cdcbed39037c56406fb' };
    expect(readClientRequest(request(), 'v1/pre-reboot')).toEqual({ operation: 'lock', ...asked });
    expect(readClientRequest(request(), 'v1/steady-state')).toEqual({ operation: 'unlock', ...asked });
  });

  test('may carry more than the protocol knows', () => {
    const body = '{"client_params":{"id":"a","group":"b","node":"c"},"more":1}';
    expect(readClientRequest(request({ body }), 'v1/pre-reboot')).toMatchObject({ group: 'b', id: 'a' });
  });

  test.each([
    ['another endpoint', request(), 'v1/reboot', 'unknown_endpoint', 404],
    ['no endpoint', request(), '', 'unknown_endpoint', 404],
    ['more behind the endpoint', request(), 'v1/pre-reboot/x', 'unknown_endpoint', 404],
    ['another method', request({ method: 'GET' }), 'v1/pre-reboot', 'method_not_allowed', 405],
    ['no header', request({ headers: new Map() }), 'v1/pre-reboot', 'missing_header', 400],
    [
      'the header with another value',
      request({ headers: new Map([['fleet-lock-protocol', 'True']]) }),
      'v1/pre-reboot',
      'missing_header',
      400,
    ],
    ['too much', request({ body: null }), 'v1/pre-reboot', 'body_too_large', 413],
    ['nothing', request({ body: '' }), 'v1/pre-reboot', 'invalid_body', 400],
    ['no JSON', request({ body: 'group=a&id=b' }), 'v1/pre-reboot', 'invalid_body', 400],
    ['a list', request({ body: '[]' }), 'v1/pre-reboot', 'invalid_body', 400],
    ['no client_params', request({ body: '{}' }), 'v1/pre-reboot', 'invalid_body', 400],
    ['client_params that are text', params('a'), 'v1/pre-reboot', 'invalid_body', 400],
    ['no group', params({ id: 'a' }), 'v1/pre-reboot', 'invalid_client_identity', 400],
    ['an empty group', params({ id: 'a', group: '' }), 'v1/pre-reboot', 'invalid_client_identity', 400],
    [
      'a group with a slash',
      params({ id: 'a', group: 'a/b' }),
      'v1/pre-reboot',
      'invalid_client_identity',
      400,
    ],
    [
      'a group that is too long',
      params({ id: 'a', group: 'a'.repeat(256) }),
      'v1/pre-reboot',
      'invalid_client_identity',
      400,
    ],
    [
      'a group that is a number',
      params({ id: 'a', group: 1 }),
      'v1/pre-reboot',
      'invalid_client_identity',
      400,
    ],
    ['no id', params({ group: 'a' }), 'v1/pre-reboot', 'invalid_client_identity', 400],
    ['an empty id', params({ group: 'a', id: '' }), 'v1/pre-reboot', 'invalid_client_identity', 400],
    [
      'an id that is too long',
      params({ group: 'a', id: 'a'.repeat(129) }),
      'v1/pre-reboot',
      'invalid_client_identity',
      400,
    ],
  ] as const)('with %s is refused', (_what, given, rest, kind, status) => {
    const answer = readClientRequest(given, rest);
    if (!('value' in answer)) throw new Error('it was not refused');
    expect(answer.kind).toBe(kind);
    expect(refused(answer)).toMatchObject({ status, headers: { 'content-type': 'application/json' } });
  });

  test('of the largest group and id that the limits allow is read', () => {
    const most = { group: 'a'.repeat(255), id: 'b'.repeat(128) };
    expect(readClientRequest(params(most), 'v1/pre-reboot')).toMatchObject(most);
  });
});

describe('the base URL', () => {
  test('holds cluster and secret, however a client joins it with the endpoint', () => {
    const address = { cluster: 'core', secret: 's3cret', rest: 'v1/pre-reboot' };
    expect(addressOf('/core/s3cret/v1/pre-reboot')).toEqual(address);
    expect(addressOf('/core/s3cret//v1/pre-reboot')).toEqual(address);
    expect(addressOf('//core/s3cret/v1/pre-reboot/')).toEqual(address);
  });

  test('without a secret has none', () => {
    expect(addressOf('/v1/pre-reboot')).toEqual({ cluster: 'v1', secret: 'pre-reboot', rest: '' });
    expect(addressOf('')).toEqual({ cluster: '', secret: '', rest: '' });
  });
});

describe('an answer', () => {
  test('that allows is an empty 200', () => {
    expect(GRANTED).toEqual({ status: 200, headers: {}, body: '' });
  });

  test('that all slots are taken is the protocol’s own example, to the letter', () => {
    expect(refused(refusal('failed_lock_semaphore_full')).body).toBe(
      '{"kind":"failed_lock_semaphore_full","value":"semaphore currently full, all slots are locked already"}',
    );
  });

  test('says which method is allowed where another one came', () => {
    expect(refused(refusal('method_not_allowed')).headers).toEqual({
      'content-type': 'application/json',
      allow: 'POST',
    });
  });

  test.each(Object.keys(REFUSALS))(
    '%s has a status of its own kind, and words, as the protocol asks',
    (name) => {
      const [kind] = Object.keys(REFUSALS).filter((one): one is keyof typeof REFUSALS => one === name);
      if (kind === undefined) throw new Error('no such kind');
      const because = refusal(kind);
      expect(statusOfRefusal(because)).toBeGreaterThanOrEqual(400);
      expect(statusOfRefusal(because)).toBeLessThan(600);
      expect(JSON.parse(bodyOfRefusal(because))).toEqual({ kind, value: expect.stringMatching(/./) });
    },
  );

  test('stays short whatever is wrong', () => {
    const body = bodyOfRefusal(refusal('cluster_not_tolerant', 'x'.repeat(100_000)));
    expect(Buffer.byteLength(body)).toBeLessThan(BODY_BYTES_MAX);
    expect(JSON.parse(body)).toMatchObject({ kind: 'cluster_not_tolerant' });
  });

  test('of every kind stands in the guide, with its status', () => {
    const guide = readFileSync('docs/reboots.md', 'utf8');
    for (const [kind, [status]] of Object.entries(REFUSALS))
      expect(guide).toContain(`| ${status} | \`${kind}\` |`);
  });
});
