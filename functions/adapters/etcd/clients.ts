import { isIP } from 'node:net';
import type { Interceptor } from '@grpc/grpc-js';
import { noop } from 'cockatiel';
import { GRPCUnavailableError, type IOptions } from 'etcd3';
import type { EtcdAccess } from '../../core/access.ts';
import { invariant } from '../../core/errors.ts';
import { type EtcdOperation, translateEtcdError } from './errors.ts';
import { HashingEtcd } from './hashing-etcd.ts';
import { carrying, Tokens } from './tokens.ts';

export interface EtcdOptions extends Partial<EtcdAccess> {
  /** For each call, and for one whole round of probes. */
  readonly deadlineMs: number;
}

/** Given to every single call: etcd3 itself never gives up on an endpoint that swallows packets. */
export interface CallLimits {
  readonly deadline: number;
  /** Sends a token along. */
  readonly interceptors?: Interceptor[];
}

export type Call<T> = (client: HashingEtcd, limits: CallLimits) => Promise<T>;

/**
 * One etcd3 client per endpoint, made when it is first asked, for one pass.
 *
 * Asking a certain endpoint matters here (who answers is the question), and a
 * channel kept over a frozen container burns its whole deadline.
 */
export class EtcdClients {
  readonly #options: EtcdOptions;
  readonly #clients = new Map<string, HashingEtcd>();
  /** `null`: no user is configured. */
  readonly #tokens: Tokens<CallLimits> | null;
  #closed = false;

  constructor(options: EtcdOptions) {
    this.#options = options;
    const { auth } = options;
    const authenticate = async (endpoint: string, limits: CallLimits, name: string, password: string) =>
      (await this.#client(endpoint).auth.authenticate({ name, password }, limits)).token;
    this.#tokens = auth
      ? new Tokens((endpoint, limits) => authenticate(endpoint, limits, auth.user, auth.password))
      : null;
  }

  /** @throws {OperationError} etcd refused or did not answer; anything else comes as it was thrown. */
  async call<T>(
    endpoint: string,
    operation: EtcdOperation,
    work: Call<T>,
    limits = this.limits(),
  ): Promise<T> {
    try {
      return await this.ask(endpoint, work, limits);
    } catch (error) {
      throw translateEtcdError(error, operation, endpoint);
    }
  }

  /** As `call`, with etcd3's own errors. */
  async ask<T>(endpoint: string, work: Call<T>, limits = this.limits()): Promise<T> {
    if (this.#tokens === null) return this.askOpenly(endpoint, work, limits);
    return this.#tokens.use(endpoint, limits, (token) =>
      this.askOpenly(
        endpoint,
        work,
        token === null ? limits : { ...limits, interceptors: [carrying(token)] },
      ),
    );
  }

  /** As `ask`, without user and password. */
  async askOpenly<T>(endpoint: string, work: Call<T>, limits: CallLimits): Promise<T> {
    return work(this.#client(endpoint), limits);
  }

  /** Whether calls may have to show a user. */
  get hasUser(): boolean {
    return this.#tokens !== null;
  }

  /** Of one call; of one that takes its time by nature, its own. */
  limits(deadlineMs = this.#options.deadlineMs): CallLimits {
    return { deadline: Date.now() + deadlineMs };
  }

  /** How this endpoint is connected to, for what is not gRPC. */
  wayTo(endpoint: string): WayToEtcd {
    const { hosts, name } = targetOf(endpoint, this.#options.addressOf);
    const { hostname, port, protocol } = new URL(hosts);
    return {
      address: hostname,
      port: Number(port),
      name,
      tls: protocol === 'https:' ? (this.#options.tls ?? null) : null,
    };
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #client(endpoint: string): HashingEtcd {
    invariant(!this.#closed, 'this etcd port is closed');
    const target = targetOf(endpoint, this.#options.addressOf);
    const id = `${endpoint} at ${target.hosts}`;
    const known = this.#clients.get(id);
    if (known !== undefined) return known;
    const client = new HashingEtcd(clientOptions(target, this.#options, () => this.limits()));
    this.#clients.set(id, client);
    return client;
  }
}

export interface WayToEtcd {
  readonly address: string;
  readonly port: number;
  /** What the certificate must be for. */
  readonly name: string;
  /** `null`: plain http. */
  readonly tls: EtcdAccess['tls'];
}

interface Target {
  /** With the address, which is what is connected to. */
  readonly hosts: string;
  /** What the certificate must be for. */
  readonly name: string;
}

/** Names are never resolved: whoever can answer a DNS query must not choose whom we ask. */
function targetOf(endpoint: string, addressOf: EtcdAccess['addressOf'] = () => null): Target {
  const { protocol, hostname, port } = new URL(endpoint);
  const address = isIP(hostname) > 0 ? hostname : addressOf(hostname);
  if (address !== null) return { hosts: `${protocol}//${address}:${port}`, name: hostname };
  throw new GRPCUnavailableError(`No connection established: the address of ${hostname} is not known`);
}

function clientOptions({ hosts, name }: Target, { tls }: EtcdOptions, limits: () => CallLimits): IOptions {
  const isSecure = hosts.startsWith('https:');
  return {
    hosts,
    // A function, for a fixed object would hold one deadline, long past by the second call.
    // Calls bring their own; this one is for what etcd3 may ask by itself.
    defaultCallOptions: limits,
    // etcd3's own policies repeat mutations, and go silent for five seconds after three refusals.
    faultHandling: { host: () => noop, global: noop },
    // The certificate is verified for the name in the URL, although the address is connected to.
    grpcOptions: isSecure ? { ...GRPC_OPTIONS, 'grpc.ssl_target_name_override': name } : GRPC_OPTIONS,
    ...(isSecure && tls ? { credentials: credentialsOf(tls) } : {}),
  };
}

const DAY_MS = 86_400_000;

const GRPC_OPTIONS = {
  // A new client is a new connection: without this, grpc-js hands out an old one, or its back-off.
  'grpc.use_local_subchannel_pool': 1,
  // A channel that is closed while it waits to connect again does not stop: it connects later, and stays
  // (grpc-js 1.14). So none waits for less than a function lives. etcd3 drops the channel of a call that failed,
  // and the next call has a new one, so that a newcomer whose etcd did not listen yet is heard at once.
  'grpc.initial_reconnect_backoff_ms': DAY_MS,
  'grpc.max_reconnect_backoff_ms': DAY_MS,
  // One call is one request: repeating is the engine's decision, after another look.
  'grpc.enable_retries': 0,
  // Endpoints are private addresses; a proxy variable in the environment is not meant for them.
  'grpc.enable_http_proxy': 0,
  // Spares the TXT look-up for every name.
  'grpc.service_config_disable_resolution': 1,
};

function credentialsOf({
  ca,
  cert,
  key,
}: NonNullable<EtcdAccess['tls']>): NonNullable<IOptions['credentials']> {
  return {
    rootCertificate: Buffer.from(ca),
    certChain: Buffer.from(cert),
    privateKey: Buffer.from(key),
  };
}
