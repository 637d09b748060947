import type { Mutant } from '../mutant.ts';

const KILLED_BY = {
  file: 'test/simulation/gates/gates.test.ts',
  test: 'updates, gates, the termination policy and reboots break no rule, and all of them end',
};

/** Faults that the judge of the world of gates has to object to. */
export const SIMULATED: readonly Mutant[] = [
  {
    name: 'gate-unjudged-in-updates',
    rule: 'R2',
    fault: 'a gate lets an update pass unjudged, as it does a rollback',
    file: 'functions/core/gate/letting-go.ts',
    from: '/ROLLBACK_IN_PROGRESS$|',
    to: '/IN_PROGRESS$|',
    killedBy: KILLED_BY,
  },
  {
    name: 'reboot-of-the-weak',
    rule: 'R2',
    fault: 'a member may reboot while the cluster could not lose another one',
    file: 'functions/engine/reboot/members.ts',
    from: 'if (shortfalls.length === 0) return null;',
    to: 'if (shortfalls.length >= 0) return null;',
    killedBy: KILLED_BY,
  },
  {
    name: 'leader-named-among-others',
    rule: 'R10',
    fault: 'the termination policy has the leader go before followers',
    file: 'functions/core/termination/order.ts',
    from: "({ role }) => (role === 'leader' ? 1 : 0),",
    to: "({ role }) => (role === 'leader' ? -1 : 0),",
    killedBy: KILLED_BY,
  },
];
