import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../access.ts';

/** Below the path of the secrets: what reboot clients carry in the path of their base URL. */
export const secretName = (secretsPath: string, cluster: string): string =>
  `${secretsPath}/${cluster}/reboot-secret`;

/** It is part of a URL, and must not be guessed. */
const SECRET = /^[A-Za-z0-9_-]{20,128}$/;

/** Why a secret lets nobody in; `null`: it is usable. Told in the log, by name and never by value. */
export function secretProblem(name: string, secret: Secret | undefined): string | null {
  if (secret === undefined) return `the parameter ${name} does not exist`;
  if (!secret.isSecure)
    return `${name} must be a SecureString: put it again with that type, and another value`;
  return SECRET.test(secret.value) ? null : `${name} must be 20 to 128 letters, digits, - or _`;
}

/**
 * Whether both are the same, in a time that tells nothing of either: digests are compared, and where there is no
 * usable secret one is compared all the same.
 */
export function isSecret(given: string, name: string, secret: Secret | undefined): boolean {
  const usable = secretProblem(name, secret) === null;
  const expected = usable ? (secret?.value ?? '') : `none of ${name}`;
  return timingSafeEqual(digest(given), digest(expected)) && usable;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
