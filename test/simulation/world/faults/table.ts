import { API_FAULTS } from './apis.ts';
import { CONTROLLER_FAULTS } from './controllers.ts';
import { DATA_FAULTS } from './disks.ts';
import { ETCD_CALL_FAULTS } from './etcd-calls.ts';
import { ETCDCTL_FAULTS } from './etcdctl.ts';
import { EVENT_FAULTS } from './events.ts';
import type { WorldFaults } from './fault.ts';
import { GROUP_FAULTS } from './groups.ts';
import { HOST_FAULTS } from './hosts.ts';
import { LOSS_FAULTS } from './loss.ts';
import { NETWORK_FAULTS } from './networks.ts';
import { OPERATOR_FAULTS } from './operators.ts';
import { PROCESS_FAULTS } from './processes.ts';
import { RARE_FAULTS } from './rarities.ts';
import { SPACE_FAULTS } from './space.ts';

/** Everything that can befall the world, by name. */
export const FAULTS: WorldFaults = {
  ...PROCESS_FAULTS,
  ...ETCD_CALL_FAULTS,
  ...HOST_FAULTS,
  ...API_FAULTS,
  ...EVENT_FAULTS,
  ...NETWORK_FAULTS,
  ...CONTROLLER_FAULTS,
  ...GROUP_FAULTS,
  ...OPERATOR_FAULTS,
  ...ETCDCTL_FAULTS,
  ...RARE_FAULTS,
  ...DATA_FAULTS,
  ...SPACE_FAULTS,
  ...LOSS_FAULTS,
};
