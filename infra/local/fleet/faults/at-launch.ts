import type { MachineFaults } from '../machines.ts';
import type { Faults } from './register.ts';

/** Faults that strike when a machine is launched. `addressOf`: of an instance that EC2 has had. */
export function launchFaults(faults: Faults, addressOf: (instanceId: string) => string): MachineFaults {
  return {
    addressToReuse: (isFree) => {
      const struck = faults.strike(
        ({ kind, target }) => kind === 'reuse-address' && isFree(addressOf(target)),
      );
      return struck === null ? null : addressOf(struck.request.target);
    },
    brokenBoot: ({ groupName }) => {
      const struck = faults.strike(
        ({ kind, group }) => kind === 'broken-boot' && (group === null || group === groupName),
      );
      return struck === null ? null : `the boot script cannot run: fault ${struck.id} of the local region`;
    },
  };
}
