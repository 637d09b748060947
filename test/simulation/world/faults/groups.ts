import type { Random } from '../../history/random.ts';
import { detach, endRetained, enterStandby, exitStandby, replaceRoot } from '../aside.ts';
import type { FakeWorld } from '../fake-world.ts';
import type { RefreshWay } from '../refresh.ts';
import { allOf } from './fault.ts';
import { inServiceOf } from './targets.ts';

const DESIRED_MAX = 7;

/** What operators ask of the group; all of it passes the hooks. */
export const GROUP_FAULTS = allOf('U', {
  instanceTerminated: {
    about: 'an operator has the group terminate an instance',
    apply: (world, random) => terminateOne(world, random),
  },
  instanceTerminatedAndNotReplaced: {
    about: 'an operator has the group terminate an instance, and shrink by it',
    apply: (world, random) => {
      if (world.desired <= 1) return null;
      const done = terminateOne(world, random);
      if (done !== null) world.desired -= 1;
      return done;
    },
  },
  scaledOut: {
    about: 'an operator raises the desired capacity',
    apply: (world, random) => setDesired(world, world.desired + random.whole(1, 2)),
  },
  scaledIn: {
    about: 'an operator lowers the desired capacity',
    apply: (world, random) => setDesired(world, Math.max(1, world.desired - random.whole(1, 2))),
  },
  desiredEdited: {
    about: 'an operator sets the desired capacity to whatever number, even ones too',
    apply: (world, random) => setDesired(world, random.whole(1, 5)),
  },
  scaledToNothing: {
    about: 'an operator sets the desired capacity to zero, and back later',
    apply: (world) => {
      const before = world.desired;
      if (before === 0) return null;
      world.desired = 0;
      return () => {
        world.desired = Math.max(world.desired, before);
      };
    },
  },
  refreshLaunchesFirst: {
    about: 'an instance refresh replaces everything, launching first',
    apply: (world) => refresh(world, 'launchFirst'),
  },
  refreshTerminatesFirst: {
    about: 'an instance refresh replaces everything, terminating first',
    apply: (world) => refresh(world, 'terminateFirst'),
  },
  refreshDoesBoth: {
    about: 'an instance refresh replaces everything, launching and terminating at once',
    apply: (world) => refresh(world, 'both'),
  },
  refreshCancelled: {
    about: 'the instance refresh is cancelled',
    apply: (world) => {
      if (!world.refresh.isRunning) return null;
      world.refresh.cancel(world);
      return 'done';
    },
  },
  standby: {
    about: 'an operator puts an instance into standby',
    apply: (world, random) => {
      const one = random.pick(inServiceOf(world).filter(({ id }) => !world.swaps.binds(id)));
      if (one === null) return null;
      enterStandby(world, one.id, world.desired > 1 && random.chance(0.5));
      return () => exitStandby(world, one.id);
    },
  },
  detached: {
    about: 'an operator detaches an instance, which runs on, and ends it later',
    apply: (world, random) => {
      const one = random.pick(inServiceOf(world).filter(({ id }) => !world.swaps.binds(id)));
      if (one === null) return null;
      detach(world, one.id, world.desired > 1 && random.chance(0.5));
      return () => {
        if (one.state === 'running') world.doomed.add(one.id);
      };
    },
  },
  protected: {
    about: 'an operator protects an instance from scale-in',
    apply: (world, random) => {
      const one = random.pick(inServiceOf(world).filter(({ isProtected }) => !isProtected));
      if (one === null) return null;
      one.isProtected = true;
      return () => {
        one.isProtected = false;
      };
    },
  },
  rootReplaced: {
    about: 'a refresh replaces the root volume of an instance in place',
    apply: (world, random) => {
      const one = random.pick(inServiceOf(world).filter(({ id }) => !world.swaps.binds(id)));
      if (one === null) return null;
      replaceRoot(world, one.id);
      return 'done';
    },
  },
  warmPool: {
    about: 'the group has a warm pool for a while',
    apply: (world, random) => {
      if (world.poolSize > 0) return null;
      world.poolSize = random.whole(1, 2);
      world.poolTakesBack = random.chance(0.5);
      return () => endPool(world);
    },
  },
  abandonedAreRetained: {
    about: 'instances whose terminate hook is abandoned are kept, and ended by hand later',
    apply: (world) => {
      if (world.hooks.retains) return null;
      world.hooks.retains = true;
      return () => {
        world.hooks.retains = false;
        endRetained(world);
      };
    },
  },
  processSuspended: {
    about: 'an operator suspends a process of the group',
    apply: (world, random) => {
      const process = random.oneOf('Terminate', 'HealthCheck', 'ReplaceUnhealthy', 'AZRebalance');
      if (world.suspended.has(process)) return null;
      world.suspended.add(process);
      return () => {
        world.suspended.delete(process);
      };
    },
  },
  newestGoFirst: {
    about: 'scale-in takes the newest instances first',
    apply: (world) => {
      if (world.policy === 'NewestInstance') return null;
      world.policy = 'NewestInstance';
      return () => {
        world.policy = 'OldestInstance';
      };
    },
  },
  launchesBeforeTerminating: {
    about: 'the maintenance policy keeps an unhealthy instance until its replacement is in service',
    apply: (world) => {
      if (world.launchesFirst) return null;
      world.launchesFirst = true;
      return () => {
        world.launchesFirst = false;
      };
    },
  },
  zonesUneven: {
    about: 'the group moves to other zones, and is rebalanced',
    apply: (world, random) => {
      const before = world.zones.names;
      if (before.length < 2) return null;
      const left = random.pick(before);
      world.zones.names = before.filter((name) => name !== left);
      return () => {
        world.zones.names = before;
      };
    },
  },
});

function terminateOne(world: FakeWorld, random: Random): 'done' | null {
  const one = random.pick(inServiceOf(world));
  if (one === null) return null;
  world.terminate(one.id);
  return 'done';
}

function setDesired(world: FakeWorld, desired: number): 'done' | null {
  if (desired === world.desired || desired > DESIRED_MAX) return null;
  world.desired = desired;
  return 'done';
}

function refresh(world: FakeWorld, way: RefreshWay): 'done' | null {
  if (world.refresh.isRunning || inServiceOf(world).length === 0) return null;
  world.refresh.start(world, way);
  return 'done';
}

/** The pool is deleted: whatever it holds is terminated. */
function endPool(world: FakeWorld): void {
  world.poolSize = 0;
  world.poolTakesBack = false;
  for (const { id, listed, lifecycle } of world.instances)
    if (listed && lifecycle.startsWith('Warmed:') && !lifecycle.includes('Terminating')) world.terminate(id);
}
