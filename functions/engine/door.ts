import {
  type EtcdAccess,
  type JudgedSecrets,
  judgeSecrets,
  type SecretPort,
  secretNames,
} from '../core/access.ts';
import type { ClusterConfig } from '../core/config.ts';
import { invariant, OperationError } from '../core/errors.ts';
import type { EtcdPort } from '../core/ports.ts';
import { type Addressed, addressesByHost } from '../core/urls.ts';

/** What a way to etcd is opened with. */
export interface Opening<Etcd extends Pick<EtcdPort, 'close'>> {
  readonly secrets: SecretPort;
  openEtcd(access: EtcdAccess): Etcd;
}

/**
 * The way to etcd for one pass: opened by the first look that knows the settings, with the secrets
 * that they name, which are read then and never again. Shut where they cannot be used.
 */
export class Door<Etcd extends Pick<EtcdPort, 'close'> = EtcdPort> {
  readonly #ports: Opening<Etcd>;
  #addresses: (() => ReadonlyMap<string, string>) | null = null;
  #opened: { readonly config: ClusterConfig; readonly by: string; readonly etcd: Etcd } | null = null;

  constructor(ports: Opening<Etcd>) {
    this.#ports = ports;
  }

  /**
   * Opens it, or tells why it stays shut.
   *
   * @throws {OperationError} the secrets could not be read now, and may be on the next look.
   */
  async open(config: ClusterConfig): Promise<readonly string[]> {
    if (this.#opened?.config === config) return [];
    const by = JSON.stringify([config.tls, config.auth]);
    if (this.#opened?.by === by) return [];
    const judged = await readCredentials(this.#ports.secrets, config);
    if (!judged.ok) return judged.problems;
    this.close();
    const addressOf = (host: string): string | null => this.#addresses?.().get(host) ?? null;
    this.#opened = { config, by, etcd: this.#ports.openEtcd({ ...judged.credentials, addressOf }) };
    return [];
  }

  /** Where the instances of this look are: names are never resolved. */
  know(config: ClusterConfig, instances: readonly Addressed[]): void {
    let known: ReadonlyMap<string, string> | null = null;
    this.#addresses = () => {
      known ??= addressesByHost(config, instances);
      return known;
    };
  }

  /** `null`: it is not open. */
  get opened(): Etcd | null {
    return this.#opened?.etcd ?? null;
  }

  get etcd(): Etcd {
    invariant(this.#opened !== null, 'etcd is asked before the settings are known');
    return this.#opened.etcd;
  }

  close(): void {
    this.#opened?.etcd.close();
    this.#opened = null;
  }
}

/** A denial lasts until a person acts, so it is told; what may be over soon is thrown. */
async function readCredentials(port: SecretPort, config: ClusterConfig): Promise<JudgedSecrets> {
  const names = secretNames(config);
  try {
    return judgeSecrets(config, names.length === 0 ? new Map() : await port.read(names));
  } catch (error) {
    if (!(error instanceof OperationError) || error.retry !== 'never') throw error;
    return { ok: false, problems: [`${names.join(', ')} cannot be read (${error.message})`] };
  }
}
