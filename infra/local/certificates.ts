import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { ANY_USAGE, bits, context, integer, octets, oid, sequence, set, time, utf8, yes } from './der.ts';

const DAY_MS = 86_400_000;
/** Longer than whatever it signs. */
const AUTHORITY_MS = 3_650 * DAY_MS;

/** PEM texts. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Subject {
  /** Null: the subject is empty, as etcd's grpc-proxy wants it. */
  readonly commonName: string | null;
  /** DNS names, wildcards too. */
  readonly names?: readonly string[];
  /** IPv4 addresses. */
  readonly addresses?: readonly string[];
  readonly validFrom?: Date;
  readonly validTo?: Date;
}

/** A certificate authority of its own, which exists in this process only. */
export interface Authority {
  /** PEM text. */
  readonly ca: string;
  issue(subject: Subject): KeyPair;
}

/** A new authority: certificates for trials and tests, made in milliseconds, without a tool or a network. */
export function makeAuthority(commonName: string): Authority {
  const { publicKey, privateKey } = makeKeys();
  const issuer: Issuer = { commonName, publicKey, privateKey };
  return {
    ca: certificate({ commonName, validTo: new Date(Date.now() + AUTHORITY_MS) }, publicKey, issuer, true),
    issue: (subject) => {
      const own = makeKeys();
      return { cert: certificate(subject, own.publicKey, issuer, false), key: keyText(own.privateKey) };
    },
  };
}

interface Issuer {
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const makeKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keyText = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicDer = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const keyId = (key: KeyObject): Buffer => createHash('sha1').update(publicDer(key)).digest();
const nameOf = (commonName: string | null): Buffer =>
  commonName === null ? sequence() : sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));

/** RFC 5280, as little of it as etcd, Go and Node ask for. */
function certificate(subject: Subject, publicKey: KeyObject, issuer: Issuer, isAuthority: boolean): string {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const { validFrom = new Date(Date.now() - DAY_MS), validTo = new Date(Date.now() + 30 * DAY_MS) } = subject;
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    nameOf(issuer.commonName),
    sequence(time(validFrom), time(validTo)),
    nameOf(subject.commonName),
    publicDer(publicKey),
    context(3, sequence(...extensions(subject, publicKey, issuer, isAuthority))),
  );
  const signature = createSign('sha256').update(body).sign(issuer.privateKey);
  return pem(sequence(body, algorithm, bits(signature)));
}

function extensions(
  { names = [], addresses = [] }: Subject,
  publicKey: KeyObject,
  issuer: Issuer,
  isAuthority: boolean,
): readonly Buffer[] {
  const entries = [
    extension('2.5.29.14', octets(keyId(publicKey))),
    extension('2.5.29.35', sequence(context(0, keyId(issuer.publicKey), false))),
    // keyCertSign and cRLSign, or digitalSignature.
    extension('2.5.29.15', isAuthority ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7), true),
    extension('2.5.29.19', isAuthority ? sequence(yes) : sequence(), true),
    ...(isAuthority ? [] : [extension('2.5.29.37', ANY_USAGE)]),
  ];
  if (names.length + addresses.length === 0) return entries;
  const alternatives = sequence(
    ...names.map((name) => context(2, Buffer.from(name), false)),
    ...addresses.map((address) => context(7, Buffer.from(address.split('.').map(Number)), false)),
  );
  return [...entries, extension('2.5.29.17', alternatives)];
}

const extension = (id: string, value: Buffer, isCritical = false): Buffer =>
  sequence(oid(id), ...(isCritical ? [yes] : []), octets(value));

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
