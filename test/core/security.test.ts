import { expect, test } from 'vitest';
import { Fields } from '../../functions/core/fields.ts';
import { readSecurity } from '../../functions/core/security.ts';
import { AUTH, SECURE } from '../support/secrets.ts';

const read = (values: Readonly<Record<string, unknown>>) => {
  const problems: string[] = [];
  return { security: readSecurity(new Fields(values, '', problems), problems), problems };
};

test('a cluster without a word of security talks plain http', () => {
  expect(read({})).toEqual({ security: { scheme: 'http', dns: null, tls: null, auth: null }, problems: [] });
});

test('a cluster with TLS and a user is read as it was written', () => {
  const security = { scheme: 'https', ...SECURE, ...AUTH };
  expect(read({ ...SECURE, ...AUTH })).toEqual({ security, problems: [] });
});

test('empty objects are asked for what they lack, not taken for absent', () => {
  expect(read({ dns: {}, tls: {}, auth: {} }).problems).toEqual([
    'dns.domain is missing',
    'tls.ca is missing',
    'tls.cert is missing',
    'tls.key is missing',
    'auth.user is missing',
    'auth.password is missing',
  ]);
});

test.each(['zone', 'hostedZone/Z1', '', 'Z1.'])('%j is the id of no hosted zone', (zone) => {
  expect(read({ dns: { domain: 'a.b', zone } }).problems).toEqual([
    expect.stringContaining('dns.zone must be the id of a hosted zone'),
  ]);
});

test.each([
  ['/etcd-autopilot-secrets/core/ca', true],
  ['/prod/etcd.ca_1', true],
  [`/${'a/'.repeat(14)}a`, true],
  [`/${'a/'.repeat(15)}a`, false],
  [`/${'a'.repeat(1_011)}`, false],
  ['relative/name', false],
  ['/etcd-autopilot/other/ca', false],
  ['/etcd-autopilot-secrets/', false],
])('%s may be the name of a secret: %s', (ca, isFine) => {
  expect(read({ ...SECURE, tls: { ...SECURE.tls, ca } }).problems).toHaveLength(isFine ? 0 : 1);
});
