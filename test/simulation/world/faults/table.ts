import type { WorldFaults } from './fault.ts';
import { GROUP_FAULTS } from './groups.ts';
import { HOST_FAULTS } from './hosts.ts';
import { PROCESS_FAULTS } from './processes.ts';

/** Everything that can befall the world, by name. */
export const FAULTS: WorldFaults = { ...PROCESS_FAULTS, ...HOST_FAULTS, ...GROUP_FAULTS };
