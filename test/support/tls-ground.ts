import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EtcdAccess } from '../../functions/core/access.ts';
import { type Certificates, makeCertificates, writeCertificates } from './certificates.ts';

/** How one etcd process finds its certificates, and the names of its peers. */
export interface EtcdTls {
  readonly domain: string;
  /** Holds `ca.crt`, `member.crt` and `member.key`. */
  readonly directory: string;
  /** In place of /etc/hosts. */
  readonly hostsPath: string;
}

/** Certificates, and a hosts file with the names of members, for clusters of one test. */
export class TlsGround {
  readonly domain: string;
  readonly certificates: Certificates;
  readonly tls: EtcdTls;
  readonly #dir: string;
  readonly #addresses: ReadonlyMap<string, string>;

  private constructor(dir: string, domain: string, addresses: ReadonlyMap<string, string>) {
    this.#dir = dir;
    this.domain = domain;
    this.#addresses = addresses;
    this.certificates = makeCertificates(domain);
    this.tls = { domain, directory: join(dir, 'tls'), hostsPath: join(dir, 'hosts') };
  }

  /** `addresses` by the names of members that there may ever be. */
  static async make(domain: string, addresses: ReadonlyMap<string, string>): Promise<TlsGround> {
    const ground = new TlsGround(await mkdtemp(join(tmpdir(), 'etcd-tls-')), domain, addresses);
    writeCertificates(ground.tls.directory, ground.certificates);
    // Peers connect from 127.0.0.1, and etcd wants that address to have a name below its wildcard. It
    // is the first one: an etcd that was built with the resolver of C sees no other.
    const lines = [`127.0.0.1 peers.${domain} localhost`];
    for (const [name, address] of addresses) lines.push(`${address} ${name}.${domain}`);
    await writeFile(ground.tls.hostsPath, `${lines.join('\n')}\n`);
    return ground;
  }

  /** How the autopilot reaches these members. */
  access(auth: EtcdAccess['auth'] = null, certificates: Partial<Certificates> = {}): EtcdAccess {
    const { ca, client } = { ...this.certificates, ...certificates };
    const suffix = `.${this.domain}`;
    return {
      addressOf: (host) => this.#addresses.get(host.slice(0, -suffix.length)) ?? null,
      tls: { ca, cert: client.cert, key: client.key },
      auth,
    };
  }

  end(): Promise<void> {
    return rm(this.#dir, { recursive: true, force: true });
  }
}
