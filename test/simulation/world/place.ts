export const CLUSTER = 'core';
export const PATH = `/etcd-autopilot/${CLUSTER}/`;
