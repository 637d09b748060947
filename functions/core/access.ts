import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ClusterConfig } from './config.ts';

/** How etcd is reached, beside its URLs. */
export interface EtcdAccess {
  /** The address that EC2 gives for the host of a URL; `null`: not known. */
  readonly addressOf: (host: string) => string | null;
  /** PEM texts; `null`: the cluster talks plain http. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null;
  /** Used where etcd asks for it; `null`: no user is configured. */
  readonly auth: { readonly user: string; readonly password: string } | null;
}

/** Reads parameters outside the cluster's path, which hold certificates, keys and passwords. */
export interface SecretPort {
  /** The values by name, decrypted; a name that does not exist is not in the map. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, Secret>>;
}

export interface Secret {
  readonly value: string;
  /** It is a SecureString. */
  readonly isSecure: boolean;
}

export type Credentials = Pick<EtcdAccess, 'tls' | 'auth'>;

export type JudgedSecrets =
  | { readonly ok: true; readonly credentials: Credentials }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The parameters that a configuration names. */
export const secretNames = ({ tls, auth }: ClusterConfig): readonly string[] => [
  ...(tls === null ? [] : [tls.ca, tls.cert, tls.key]),
  ...(auth === null ? [] : [auth.password]),
];

/** Turns what was read into credentials, or tells every mistake, by name and never by value. */
export function judgeSecrets(config: ClusterConfig, secrets: ReadonlyMap<string, Secret>): JudgedSecrets {
  const missing = secretNames(config).filter((name) => !secrets.has(name));
  const { tls, auth } = config;
  const textOf = (name: string): string => secrets.get(name)?.value ?? '';
  const problems = [
    ...missing.map((name) => `the parameter ${name} does not exist`),
    ...[tls?.key, auth?.password].flatMap((name) => openSecret(name, secrets)),
    ...(tls === null ? [] : [tls.ca, tls.cert].flatMap((name) => noCertificate(name, secrets))),
    ...(tls === null ? [] : noKey(tls.key, tls.cert, secrets)),
    ...(auth === null ? [] : noPassword(auth.password, secrets)),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const pem = tls === null ? null : { ca: textOf(tls.ca), cert: textOf(tls.cert), key: textOf(tls.key) };
  const user = auth === null ? null : { user: auth.user, password: textOf(auth.password) };
  return { ok: true, credentials: { tls: pem, auth: user } };
}

/** Whoever may read Strings of the account would have it. */
function openSecret(name: string | undefined, secrets: ReadonlyMap<string, Secret>): readonly string[] {
  if (name === undefined || secrets.get(name)?.isSecure !== false) return [];
  return [`${name} must be a SecureString: put it again with that type, and change what it held`];
}

function noCertificate(name: string, secrets: ReadonlyMap<string, Secret>): readonly string[] {
  const text = secrets.get(name)?.value;
  return text === undefined || certificateIn(text) !== null
    ? []
    : [`${name} holds no certificate in PEM form`];
}

function noKey(name: string, certName: string, secrets: ReadonlyMap<string, Secret>): readonly string[] {
  const text = secrets.get(name)?.value;
  if (text === undefined) return [];
  const key = attempt(() => createPrivateKey(text));
  if (key === null) return [`${name} holds no private key in PEM form without a passphrase`];
  const certificate = certificateIn(secrets.get(certName)?.value ?? '');
  const fits = certificate === null || certificate.checkPrivateKey(key);
  return fits ? [] : [`the key in ${name} does not belong to the certificate in ${certName}`];
}

const certificateIn = (text: string): X509Certificate | null => attempt(() => new X509Certificate(text));

/** Most often a file was stored with the line break at its end: etcd would deny it, and nobody see why. */
function noPassword(name: string, secrets: ReadonlyMap<string, Secret>): readonly string[] {
  const text = secrets.get(name)?.value;
  if (text === undefined || /^[^\r\n]+$/.test(text)) return [];
  return [text === '' ? `${name} is empty` : `${name} holds a line break: put it again without`];
}

/** `null` where OpenSSL objects. Its own words are dropped: they may quote what they could not read. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
