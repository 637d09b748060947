import type { InstanceId } from './identity.ts';

/** An instance as EC2 tells of it, with every address that somebody may be sent to. */
export interface Host {
  readonly id: InstanceId;
  readonly state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
  readonly privateIp: string | null;
  readonly publicIp: string | null;
  /** The first one of the first network interface. */
  readonly ipv6: string | null;
  readonly instanceType: string;
  readonly zone: string;
  readonly launchedAtMs: number;
}

/** Which of its addresses a name leads to. */
export type AddressKind = 'private' | 'public' | 'ipv6';
export const ADDRESS_KINDS: readonly AddressKind[] = ['private', 'public', 'ipv6'];

export interface HostPort {
  /** What EC2 says of each of `ids`; `notFound` only when EC2 names that very id as not existing. */
  describeHosts(ids: readonly InstanceId[]): Promise<ReadonlyMap<InstanceId, Host | 'notFound'>>;
}

/** Of which instances EC2 has announced the end, whosever they are: the question is the same for one and for a thousand. */
export interface NoticePort {
  listEnding(): Promise<ReadonlySet<InstanceId>>;
}

/** `null`: it has none of that kind (yet, or any more). */
export function addressOf(host: Host | 'notFound' | undefined, kind: AddressKind): string | null {
  if (host === undefined || host === 'notFound') return null;
  const { privateIp, publicIp, ipv6 } = host;
  return { private: privateIp, public: publicIp, ipv6 }[kind];
}
