import { join } from 'node:path';
import { whereNamesResolve } from '../namespace.ts';
import { type OwnNetworks, withOwnNetwork } from '../own-network.ts';
import { METADATA_PORT } from './metadata.ts';
import type { Instance } from './model.ts';

/** What machines see of the world around them. */
export interface Surroundings {
  readonly endpoint: string;
  /** Directories before the system's own on the machines' PATH: where etcd is. */
  readonly path: readonly string[];
  readonly names: { readonly path: string; readonly hasAny: () => boolean };
  /** What machines that want a network of their own get; null where this process may give none. */
  readonly networks: (OwnNetworks & { readonly endpoint: string }) | null;
  /** Whether 127.0.0.1 is to be the machine's own. */
  readonly wantsNetwork: (instance: Instance) => boolean;
}

const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Where its metadata service listens: on its own address, or, when only itself has that one, on one of the host beside it. */
export function metadataAddressOf({ networks, wantsNetwork }: Surroundings, instance: Instance): string {
  const isBehindLink = networks !== null && wantsNetwork(instance);
  return isBehindLink ? instance.address.replace(/^127\.30\./, '127.31.') : instance.address;
}

/**
 * A machine with a name sees, in place of this machine's hosts file, the names of all that have one; and a worker does,
 * where there are any, for it is a client of theirs.
 */
export function bootCommand(
  around: Surroundings,
  instance: Instance,
  init: readonly string[],
): readonly string[] {
  const { id: instanceId, address, template } = instance;
  const isClient = around.wantsNetwork(instance) && around.names.hasAny();
  const hostsPath = template.hasName || isClient ? around.names.path : null;
  if (around.networks !== null && around.wantsNetwork(instance)) {
    return withOwnNetwork(around.networks, { instanceId, address, hostsPath }, init);
  }
  return hostsPath === null ? init : whereNamesResolve(hostsPath, init);
}

export function environmentOf(around: Surroundings, instance: Instance, root: string): NodeJS.ProcessEnv {
  return {
    PATH: [...around.path, ...SYSTEM_PATH].join(':'),
    HOME: root,
    TMPDIR: join(root, 'tmp'),
    ...reach(around, instance),
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${metadataAddressOf(around, instance)}:${METADATA_PORT}`,
    ETCD_AUTOPILOT_ROOT: root,
    ETCD_AUTOPILOT_INIT: 'none',
  };
}

/** How the region is reached, and what stands for 127.0.0.1 on a machine that wants it and cannot have it. */
function reach({ endpoint, networks, wantsNetwork }: Surroundings, instance: Instance): NodeJS.ProcessEnv {
  if (!wantsNetwork(instance)) return { AWS_ENDPOINT_URL: endpoint };
  if (networks !== null) return { AWS_ENDPOINT_URL: networks.endpoint };
  return { AWS_ENDPOINT_URL: endpoint, ETCD_AUTOPILOT_LOCALHOST: instance.address };
}
