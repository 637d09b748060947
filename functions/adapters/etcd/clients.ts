import { noop } from 'cockatiel';
import { Etcd3, type IOptions } from 'etcd3';
import { invariant } from '../../core/errors.ts';
import { type EtcdOperation, translateEtcdError } from './errors.ts';

export interface EtcdOptions {
  /** For each call, and for one whole round of probes. */
  readonly deadlineMs: number;
  readonly auth?: { readonly user: string; readonly password: string };
  /** PEM texts. Used for `https` endpoints only. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
}

/** Given to every single call: etcd3 itself never gives up on an endpoint that swallows packets. */
export interface CallLimits {
  readonly deadline: number;
}

export type Call<T> = (client: Etcd3, limits: CallLimits) => Promise<T>;

/**
 * One etcd3 client per endpoint, made when it is first asked, for one pass.
 *
 * Asking a certain endpoint matters here (who answers is the question), and a
 * channel kept over a frozen container burns its whole deadline.
 */
export class EtcdClients {
  readonly #options: EtcdOptions;
  readonly #clients = new Map<string, Etcd3>();
  #closed = false;

  constructor(options: EtcdOptions) {
    this.#options = options;
  }

  /** @throws {OperationError} etcd refused or did not answer; anything else comes as it was thrown. */
  async call<T>(endpoint: string, operation: EtcdOperation, work: Call<T>): Promise<T> {
    try {
      return await this.ask(endpoint, work);
    } catch (error) {
      throw translateEtcdError(error, operation, endpoint);
    }
  }

  /** As `call`, with etcd3's own errors. */
  async ask<T>(endpoint: string, work: Call<T>, limits = this.limits()): Promise<T> {
    return work(this.#client(endpoint), limits);
  }

  limits(): CallLimits {
    return { deadline: Date.now() + this.#options.deadlineMs };
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #client(endpoint: string): Etcd3 {
    invariant(!this.#closed, 'this etcd port is closed');
    const known = this.#clients.get(endpoint);
    if (known !== undefined) return known;
    const client = new Etcd3(clientOptions(endpoint, this.#options, () => this.limits()));
    this.#clients.set(endpoint, client);
    return client;
  }
}

function clientOptions(endpoint: string, options: EtcdOptions, limits: () => CallLimits): IOptions {
  const { auth, tls } = options;
  return {
    hosts: endpoint,
    // A function, for a fixed object would hold one deadline, long past by the second call.
    // Calls bring their own; this one is for the token request, which etcd3 makes by itself.
    defaultCallOptions: limits,
    // etcd3's own policies repeat mutations, and go silent for five seconds after three refusals.
    faultHandling: { host: () => noop, global: noop },
    grpcOptions: GRPC_OPTIONS,
    ...(auth === undefined ? {} : { auth: { username: auth.user, password: auth.password } }),
    ...(tls === undefined || !endpoint.startsWith('https:') ? {} : { credentials: credentialsOf(tls) }),
  };
}

const GRPC_OPTIONS = {
  // A new client is a new connection: without this, grpc-js hands out an old one, or its back-off.
  'grpc.use_local_subchannel_pool': 1,
  // A newcomer is asked before its etcd listens: it must be heard soon after, not a second and more later.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  // One call is one request: repeating is the engine's decision, after another look.
  'grpc.enable_retries': 0,
  // Endpoints are private addresses; a proxy variable in the environment is not meant for them.
  'grpc.enable_http_proxy': 0,
  // Spares the TXT look-up for every name.
  'grpc.service_config_disable_resolution': 1,
};

function credentialsOf(tls: NonNullable<EtcdOptions['tls']>): NonNullable<IOptions['credentials']> {
  return {
    rootCertificate: Buffer.from(tls.ca),
    ...(tls.cert === undefined ? {} : { certChain: Buffer.from(tls.cert) }),
    ...(tls.key === undefined ? {} : { privateKey: Buffer.from(tls.key) }),
  };
}
