/**
 * Every name that a user's template, script or another tool may depend on.
 * Changing one is a breaking change (docs/configuration.md lists them).
 */

/** Clusters are named like this; the name is part of parameter paths, rule names and tags. */
export const CLUSTER_NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Instance ids as EC2 writes them: the old 8 and the current 17 hexadecimal digits. */
export const INSTANCE_ID = /^i-[0-9a-f]{8}(?:[0-9a-f]{9})?$/;

export const TAG = {
  cluster: 'etcd-autopilot:cluster',
  role: 'etcd-autopilot:role',
  bootstrapped: 'etcd-autopilot:bootstrapped',
} as const;

/** Tags that CloudFormation puts on a group of its stack. */
export const STACK_TAG = {
  stackName: 'aws:cloudformation:stack-name',
  logicalId: 'aws:cloudformation:logical-id',
} as const;

/** The hooks of a member group that membership, and nobody else, finishes. */
export const HOOK = {
  launch: 'etcd-autopilot-launch',
  terminate: 'etcd-autopilot-terminate',
} as const;

export const KEY = {
  /** The one permit of the cluster (rule R3). */
  disruption: '/etcd-autopilot/disruption',
  /** Memory that is of use only with quorum. */
  state: '/etcd-autopilot/state',
} as const;

/** Everything of a cluster in Parameter Store lies under this path. */
export const clusterPath = (cluster: string): string => `/etcd-autopilot/${cluster}/`;

/** Names below {@link clusterPath}. */
export const PARAMETER = {
  config: 'config',
  bootstrap: 'bootstrap',
  /** `claims/<number>`: each claim after the first as it was made, before it replaces the one that failed. */
  claims: 'claims/',
  endpoints: 'endpoints',
  peers: 'peers',
  status: 'status',
  /** The recorded intent to delete the cluster; under it every hook is let go. */
  teardown: 'teardown',
  /** `members/<instance-id>`: the ticket of one instance. */
  members: 'members/',
  /** `reports/<instance-id>`: what a boot script has to say, for example that its disk is empty. */
  reports: 'reports/',
} as const;
