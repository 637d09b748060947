import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KeyPair, makeAuthority, type Subject } from '../../infra/local/certificates.ts';

export interface Certificates {
  readonly ca: string;
  /** For the servers and peers of a cluster: `*.<domain>`. */
  readonly member: KeyPair;
  /**
   * For a client. It has no alternative names on purpose: etcd refuses a client whose
   * certificate names a host that its address does not resolve back to.
   */
  readonly client: KeyPair;
  /** As `member`, but over since yesterday. */
  readonly expired: KeyPair;
  /** Of the right authority, for another domain. */
  readonly misnamed: KeyPair;
  /** As `member` and `client`, of an authority that nobody here trusts. */
  readonly stranger: { readonly ca: string; readonly member: KeyPair; readonly client: KeyPair };
}

const DAY_MS = 86_400_000;

/**
 * Every certificate that a test of TLS needs, made in milliseconds, without a tool or a network.
 *
 * Two things to know about etcd: it looks up the names of the address that a peer connects *from*,
 * and wants one below the wildcard (on loopback that is 127.0.0.1, so a hosts file must give that
 * address a name in the domain too); and Go keeps what it read of a hosts file for five seconds.
 */
export function makeCertificates(domain: string, clientName = 'etcd-autopilot'): Certificates {
  const authority = makeAuthority('test authority');
  const stranger = makeAuthority('somebody else');
  const member: Subject = { commonName: 'member', names: [`*.${domain}`] };
  const over = { validFrom: new Date(Date.now() - 3 * DAY_MS), validTo: new Date(Date.now() - DAY_MS) };
  return {
    ca: authority.ca,
    member: authority.issue(member),
    client: authority.issue({ commonName: clientName }),
    expired: authority.issue({ ...member, ...over }),
    misnamed: authority.issue({ ...member, names: ['*.elsewhere.test'] }),
    stranger: {
      ca: stranger.ca,
      member: stranger.issue(member),
      client: stranger.issue({ commonName: clientName }),
    },
  };
}

/** Puts `ca.crt`, `member.{crt,key}` and `client.{crt,key}` into `directory`, as a machine of the cluster has them. */
export function writeCertificates(
  directory: string,
  { ca, member, client }: Pick<Certificates, 'ca' | 'member' | 'client'>,
): void {
  mkdirSync(directory, { recursive: true });
  const files = {
    'ca.crt': ca,
    'member.crt': member.cert,
    'member.key': member.key,
    'client.crt': client.cert,
    'client.key': client.key,
  };
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(directory, name), text, { mode: 0o600 });
}
