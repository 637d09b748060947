import type { Secret } from '../../functions/core/access.ts';
import { type Certificates, makeCertificates } from './certificates.ts';

export const DOMAIN = 'core.test';

const below = (name: string): string => `/etcd-autopilot-secrets/core/${name}`;

/** Settings of a cluster with TLS; `auth` may be added. */
export const SECURE = {
  dns: { domain: DOMAIN },
  tls: { ca: below('ca'), cert: below('client-cert'), key: below('client-key') },
};
/** The user of etcd that tests have. */
export const ROOT = { user: 'root', password: 'right' };
export const AUTH = { auth: { user: ROOT.user, password: below('password') } };

/** What stands in Parameter Store under those names. */
export function secretsOf(
  { ca, client }: Pick<Certificates, 'ca' | 'client'> = makeCertificates(DOMAIN),
  password = ROOT.password,
): Map<string, Secret> {
  return new Map([
    [SECURE.tls.ca, { value: ca, isSecure: false }],
    [SECURE.tls.cert, { value: client.cert, isSecure: false }],
    [SECURE.tls.key, { value: client.key, isSecure: true }],
    [AUTH.auth.password, { value: password, isSecure: true }],
  ]);
}
