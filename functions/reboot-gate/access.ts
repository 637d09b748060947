import type { Secret, SecretPort } from '../core/access.ts';
import { CLUSTER_NAME } from '../core/names.ts';
import type { Clock } from '../core/ports.ts';
import { isSecret, secretName, secretProblem } from '../core/reboot/secret.ts';

/** For so long a secret is not read again: whoever asks without one must not use up Parameter Store for all. */
const KEPT_MS = 30_000;
const CLUSTERS_MAX = 200;
/**
 * Readings in such a time, at most: names of clusters can be made up without end, and membership reads from the same
 * Parameter Store, which takes few calls a second.
 */
const READS_MAX = 20;
const READS_MS = 10_000;

interface Known {
  readonly atMs: number;
  readonly secret: Secret | undefined;
}

/** What somebody brings in the path. */
export interface Claim {
  readonly cluster: string;
  readonly secret: string;
}

/** Who is let in: whoever brings the secret of a cluster. A cluster that does not exist has one that nobody knows. */
export class Access {
  readonly #secrets: SecretPort;
  readonly #clock: Clock;
  readonly #secretsPath: string;
  readonly #known = new Map<string, Known>();
  #readsFromMs = 0;
  #readCount = 0;

  constructor(secrets: SecretPort, clock: Clock, secretsPath: string) {
    this.#secrets = secrets;
    this.#clock = clock;
    this.#secretsPath = secretsPath;
  }

  /**
   * Whether to let in; otherwise why not, for the log: whoever asked is told nothing of it.
   *
   * @throws {OperationError} the secret cannot be read now.
   */
  async judge({
    cluster,
    secret: given,
  }: Claim): Promise<{ readonly ok: boolean; readonly because: string }> {
    const name = secretName(this.#secretsPath, cluster);
    if (!CLUSTER_NAME.test(cluster))
      return { ok: isSecret(given, name, undefined), because: 'the path names no cluster' };
    const known = this.#fresh(cluster);
    if (known === null && !this.#mayRead())
      return { ok: isSecret(given, name, undefined), because: 'too many names of clusters are asked for' };
    const secret = known === null ? await this.#read(cluster, name) : known.secret;
    if (isSecret(given, name, secret)) return { ok: true, because: '' };
    return { ok: false, because: secretProblem(name, secret) ?? 'the secret in the path is another one' };
  }

  #fresh(cluster: string): Known | null {
    const known = this.#known.get(cluster);
    return known !== undefined && this.#clock.nowMs() - known.atMs < KEPT_MS ? known : null;
  }

  #mayRead(): boolean {
    const nowMs = this.#clock.nowMs();
    if (Math.abs(nowMs - this.#readsFromMs) >= READS_MS) {
      this.#readsFromMs = nowMs;
      this.#readCount = 0;
    }
    this.#readCount += 1;
    return this.#readCount <= READS_MAX;
  }

  async #read(cluster: string, name: string): Promise<Secret | undefined> {
    const atMs = this.#clock.nowMs();
    const secret = (await this.#secrets.read([name])).get(name);
    if (this.#known.size >= CLUSTERS_MAX) this.#known.clear();
    this.#known.set(cluster, { atMs, secret });
    return secret;
  }
}
