import { OperationError } from '../../../../functions/core/errors.ts';
import type { Fault } from '../../history/fault.ts';
import { allOf } from './fault.ts';

const BROKEN = () => new OperationError('ETCD_UNAVAILABLE', 'nextLook', 'the call was cut off');
const DENIED = () => new OperationError('ETCD_ACCESS', 'never', 'etcdserver: permission denied');
const REFUSED = () => new OperationError('ETCD_REFUSED', 'nextLook', 'etcdserver: leader changed');

/** Calls of the function to etcd that fail where etcd itself is well. A round of probes never fails as a whole. */
export const ETCD_CALL_FAULTS = allOf('P', {
  brokenEtcd: failing('calls to etcd are cut off', /^etcd\.(?!probe)/, BROKEN),
  brokenPermit: failing('the permit can be neither taken nor renewed nor given back', /Permit$/, BROKEN),
  deniedByEtcd: failing(
    'the user of the autopilot may not do what it asks etcd for',
    /^etcd\.(?!probe)/,
    DENIED,
  ),
  refusedByEtcd: failing(
    'etcd refuses changes of its members',
    /^etcd\.(?:addLearner|promote|remove|moveLeader)$/,
    REFUSED,
  ),
  replyLostByEtcd: {
    about: 'etcd does what it is asked, and its reply is lost',
    apply: (world) => {
      const effects = /^etcd\./;
      if (world.loseOn !== null) return null;
      world.loseOn = effects;
      return () => {
        if (world.loseOn === effects) world.loseOn = null;
      };
    },
  },
});

function failing(about: string, calls: RegExp, make: () => OperationError): Fault {
  return {
    about,
    apply: (world, random) => {
      const chance = random.oneOf(0.2, 0.5, 1);
      const trouble = (call: string) => (calls.test(call) && random.chance(chance) ? make() : null);
      world.troubles.add(trouble);
      return () => {
        world.troubles.delete(trouble);
      };
    },
  };
}
