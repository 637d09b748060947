import { X509Certificate } from 'node:crypto';
import { type Found, found } from './finding.ts';
import type { ChecksWorld, OwnCertificate } from './world.ts';

const DAY_MS = 86_400_000;
/** So shortly before its end it is urgent. */
const URGENT_DAYS = 3;

/** Certificates that end soon, of members and of the autopilot, and those that the configured authority did not make. */
export function judgeCertificates(checks: ChecksWorld): readonly Found[] {
  const { world, certificates, ownCertificates, nowMs } = checks;
  if (world === null) return [];
  const days = world.config.checks.certificateDays;
  const shown = [...certificates].map(([id, { endsAtMs }]) => ({ name: id, endsAtMs }));
  const refused = [...certificates].flatMap(([id, { refusal }]) =>
    refusal === null
      ? []
      : [
          found('certificateRefused', id, `the certificate of etcd on ${id} is not accepted: ${refusal}`, {
            evidence: { refusal },
          }),
        ],
  );
  return [...refused, ...[...shown, ...ownCertificates].flatMap((one) => judgeEnd(one, days, nowMs))];
}

function judgeEnd({ name, endsAtMs }: OwnCertificate, days: number, nowMs: number): readonly Found[] {
  const left = daysLeft(endsAtMs, nowMs);
  if (left > days) return [];
  const endsAt = new Date(endsAtMs).toISOString();
  const text =
    left < 0
      ? `the certificate of ${name} ended at ${endsAt}`
      : `the certificate of ${name} ends at ${endsAt}`;
  const severity = left <= URGENT_DAYS ? 'critical' : 'warning';
  return [found('certificateEnding', name, text, { evidence: { endsAt, daysLeft: left }, severity })];
}

/** Whole days; negative: it has ended. */
export const daysLeft = (endsAtMs: number, nowMs: number): number => Math.floor((endsAtMs - nowMs) / DAY_MS);

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificate in a parameter; of a bundle the one that ends last, for while one of them holds, all is well. */
export function certificateIn(name: string, pem: string): readonly OwnCertificate[] {
  const ends = [...pem.matchAll(PEM)].map(([text]) => Date.parse(new X509Certificate(text).validTo));
  return ends.length === 0 ? [] : [{ name, endsAtMs: Math.max(...ends) }];
}
