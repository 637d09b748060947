import type { Instance } from './model.ts';

/**
 * Stand-ins: nobody listens there. They follow from the private address, so that an instance keeps them for its life, and
 * lie in the ranges kept for documentation.
 */
export interface OtherAddresses {
  /** Null where the subnet gives none. */
  readonly publicIp: string | null;
  readonly ipv6: string;
}

export function otherAddressesOf({ address, place }: Instance): OtherAddresses {
  const [, , third = '0', fourth = '0'] = address.split('.');
  return {
    publicIp: place.givesPublicIp === true ? `198.51.100.${fourth}` : null,
    ipv6: `2001:db8::${third}:${fourth}`,
  };
}
