import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeCertificates } from './certificates.ts';

const made = makeCertificates('core.test');
const authority = new X509Certificate(made.ca);

describe('certificates for tests', () => {
  test.each([
    ['member', made.member],
    ['client', made.client],
    ['expired', made.expired],
    ['misnamed', made.misnamed],
  ] as const)('%s is signed by the authority, and fits its key', (_name, { cert, key }) => {
    const certificate = new X509Certificate(cert);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.checkIssued(authority)).toBe(true);
    expect(key).toContain('BEGIN PRIVATE KEY');
  });

  test('each is wrong in its own way only', () => {
    const member = new X509Certificate(made.member.cert);
    expect(member.checkHost('i-0123.core.test')).toBeDefined();
    expect(member.validToDate.getTime()).toBeGreaterThan(Date.now());
    expect(new X509Certificate(made.misnamed.cert).checkHost('i-0123.core.test')).toBeUndefined();
    expect(new X509Certificate(made.expired.cert).validToDate.getTime()).toBeLessThan(Date.now());
    expect(new X509Certificate(made.client.cert).subjectAltName).toBeUndefined();
    expect(new X509Certificate(made.stranger.member.cert).verify(authority.publicKey)).toBe(false);
  });
});
