/**
 * Every name that a user's template, script or another tool may depend on.
 * Changing one is a breaking change (docs/configuration.md lists them).
 */

/** Clusters are named like this; the name is part of parameter paths, rule names and tags. */
export const CLUSTER_NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Instance ids as EC2 writes them: the old 8 and the current 17 hexadecimal digits. */
export const INSTANCE_ID = /^i-[0-9a-f]{8}(?:[0-9a-f]{9})?$/;

/** Hosted zones as Route 53 names them. */
export const ZONE_ID = /^[A-Z0-9]{1,32}$/;

export const TAG = {
  cluster: 'etcd-autopilot:cluster',
  role: 'etcd-autopilot:role',
  bootstrapped: 'etcd-autopilot:bootstrapped',
  /** `key=value,key=value` of every instance of the group. */
  metadata: 'etcd-autopilot:metadata',
  /** Id of the hosted zone, and the name in it, that the instances of the group answer under. */
  dnsZone: 'etcd-autopilot:dns-zone',
  dnsName: 'etcd-autopilot:dns-name',
  /** `private`, `public` or `ipv6`. */
  dnsAddress: 'etcd-autopilot:dns-address',
  /** Seconds that resolvers may keep a record; a leaving instance is held that long. */
  dnsTtl: 'etcd-autopilot:dns-ttl',
  /** `name:port,name:port`: what is registered in etcd for every instance in service. */
  service: 'etcd-autopilot:service',
  /** Seconds that an instance is held after its services were removed from etcd. */
  drainSeconds: 'etcd-autopilot:drain-seconds',
  /** How many instances of a worker group may reboot at a time (docs/reboots.md). */
  maxRebooting: 'etcd-autopilot:max-rebooting',
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

/**
 * The hooks of a worker group. One hook has one finisher: `ready` the instance itself, when its
 * boot commands are done; the others the function of that name, when nobody is sent there any more.
 */
export const WORKER_HOOK = {
  ready: 'etcd-autopilot-ready',
  dns: 'etcd-autopilot-dns',
  registry: 'etcd-autopilot-registry',
} as const;

export const KEY = {
  /** The one permit of the cluster (rule R3). */
  disruption: '/etcd-autopilot/disruption',
  /** Memory that is of use only with quorum. */
  state: '/etcd-autopilot/state',
  /** `machines/<instance-id>`: JSON of every instance in service. */
  machines: '/etcd-autopilot/machines/',
  /** `services/<name>/<instance-id>:<port>`: `ip:port` of every instance in service with that service. */
  services: '/services/',
  /** `leaving/<instance-id>`: the time at which the keys of a leaving instance were removed. */
  leaving: '/etcd-autopilot/leaving/',
  /** `reboots/<group>`: who may reboot now; {@link MEMBERS} for the members, else the name of a worker group. */
  reboots: '/etcd-autopilot/reboots/',
} as const;

/** What reboot clients call the group of the members. */
export const MEMBERS = 'members';

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
  /** `dns/<zone>`: what the autopilot owns in that zone for this cluster, and what is wrong with it. */
  dns: 'dns/',
  /** What is wrong with what is registered in etcd. */
  registry: 'registry',
  /** What is kept of the cluster's data, and what of it can be restored; written by backup. */
  backup: 'backup',
  /** What checks found when it looked last. */
  checks: 'checks',
  /** When room was last made in databases that were full: it must be known while etcd takes no writes. */
  maintenance: 'maintenance',
  /** Since when instances of voters are gone while no quorum answers. */
  quorum: 'quorum',
  /** `recovery/<number>`: what a lost cluster was founded again from, by whom, and how far that is. */
  recovery: 'recovery/',
} as const;
