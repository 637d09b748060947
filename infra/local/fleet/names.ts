import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';

/** The domain in which the resolver of a VPC knows its instances, as `<instance-id>.<domain>`. */
export const vpcDomainOf = (region: string): string =>
  region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;

/**
 * What the resolver of a VPC knows of its instances, as a hosts file. Machines have it mounted over their own: so it
 * is changed in place, and stays the same file for as long as the region lives.
 */
export class Names {
  readonly path: string;
  readonly domain: string;
  readonly #addresses = new Map<string, string>();
  readonly #head: string;

  constructor(path: string, region: string, own = readFileSync('/etc/hosts', 'utf8')) {
    this.path = path;
    this.domain = vpcDomainOf(region);
    // A connection to a loopback address comes from 127.0.0.1, whoever makes it; and etcd asks for the name of who
    // connects. In a VPC every address has one in the domain.
    this.#head = `127.0.0.1 loopback.${this.domain} localhost\n${own.trimEnd()}\n`;
    writeFileSync(path, this.#head);
  }

  /** Whether any machine has a name. */
  hasAny(): boolean {
    return this.#addresses.size > 0;
  }

  add(instanceId: string, address: string): void {
    this.#addresses.set(instanceId, address);
    this.#write();
  }

  remove(instanceId: string): void {
    if (this.#addresses.delete(instanceId)) this.#write();
  }

  /** Never shorter than it has to be: who reads meanwhile must not see a file without names, which Go believes for 5 s. */
  #write(): void {
    const lines = [...this.#addresses].map(([id, address]) => `${address} ${id}.${this.domain}\n`);
    const text = Buffer.from(this.#head + lines.join(''));
    const file = openSync(this.path, 'r+');
    writeSync(file, text, 0, text.length, 0);
    ftruncateSync(file, text.length);
    closeSync(file);
  }
}
