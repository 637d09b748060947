import type { ClusterConfig } from './config.ts';
import type { InstanceId } from './identity.ts';

/** An instance, as far as its URLs are made of it. */
export interface Addressed {
  readonly id: InstanceId;
  readonly address: string | null;
}

type Listening = Pick<ClusterConfig, 'scheme' | 'dns' | 'clientPort' | 'peerPort'>;

/**
 * The host in the URLs of a member: the address, or, under TLS, the name that its certificate is
 * for. `null`: the instance has no address, so nothing can be said of it yet.
 */
function hostOf({ scheme, dns }: Listening, { id, address }: Addressed): string | null {
  return scheme === 'https' && dns !== null && address !== null ? `${id}.${dns.domain}` : address;
}

export const peerUrlOf = (config: Listening, instance: Addressed): string =>
  `${config.scheme}://${hostOf(config, instance)}:${config.peerPort}`;

export const clientUrlOf = (config: Listening, instance: Addressed): string =>
  `${config.scheme}://${hostOf(config, instance)}:${config.clientPort}`;

/**
 * What a ticket says of listening: the address, where the URLs hold a name. etcd listens on addresses
 * only. Nothing where the URLs hold the address anyway, or nobody knows it.
 */
export const listening = (
  { scheme }: Listening,
  address: string | null,
): { readonly listenAddress?: string } =>
  scheme === 'https' && address !== null ? { listenAddress: address } : {};

/** The host of a URL that a member tells or a record holds; `null`: it is no URL. */
export const hostIn = (url: string): string | null => URL.parse(url)?.hostname ?? null;

/** Addresses by the hosts in URLs, for connecting to a name without resolving it. */
export function addressesByHost(
  config: Listening,
  instances: readonly Addressed[],
): ReadonlyMap<string, string> {
  return new Map(
    instances.flatMap(({ id, address }) => {
      const host = hostOf(config, { id, address });
      return host === null || address === null ? [] : [[host, address] as const];
    }),
  );
}
