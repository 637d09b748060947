import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeAuthority } from '../../../infra/local/certificates.ts';

const YEAR_MS = 365 * 86_400_000;

test('an authority outlasts what it signs: a region that runs for long has no certificate that is about to end', () => {
  const authority = makeAuthority('of a test');
  const validTo = new Date(Date.now() + YEAR_MS);
  const leaf = new X509Certificate(authority.issue({ commonName: 'member', validTo }).cert);
  const ca = new X509Certificate(authority.ca);
  expect(leaf.checkIssued(ca)).toBe(true);
  expect(Date.parse(ca.validTo)).toBeGreaterThan(Date.parse(leaf.validTo) + YEAR_MS);
});
