import { OperationError } from '../../../functions/core/errors.ts';
import { encodeMemory, NO_MEMORY } from '../../../functions/core/memory.ts';
import { KEY } from '../../../functions/core/names.ts';
import { readJson } from '../rules/truth.ts';
import { endRetained } from '../world/aside.ts';
import { type FakeWorld, PATH } from '../world/fake-world.ts';
import { machinesOf, serversOf, sparedInServiceOf } from '../world/faults/targets.ts';
import type { Ending, Faults } from './fault.ts';
import type { Random } from './random.ts';

const DESIRED_MAX = 7;

const waitingToLaunch = (world: FakeWorld) =>
  machinesOf(world).filter(({ listed, lifecycle }) => listed && lifecycle === 'Pending:Wait');

/** Situations that chance alone brings together too seldom, each as one fault. */
export const RARE_FAULTS: Faults = {
  passwordMissing: {
    about: 'the settings name a password that is not there, or that everybody may read',
    apply: (world, random) => {
      const text = world.parameters.get(`${PATH}config`) ?? '';
      const settings = readJson(text);
      if (settings === null) return null;
      const auth = { user: 'autopilot', password: '/secret/password' };
      const changed = JSON.stringify({ ...settings, auth });
      if (random.chance(0.5)) world.secrets.set(auth.password, { value: 'open', isSecure: false });
      world.parameters.set(`${PATH}config`, changed);
      return () => {
        if (world.parameters.get(`${PATH}config`) === changed) world.parameters.set(`${PATH}config`, text);
        world.secrets.delete(auth.password);
      };
    },
  },
  foundersNeverStart: {
    about: 'no founder can start etcd, and most of them are ended in the end',
    apply: (world) => {
      const founders = waitingToLaunch(world);
      if (world.etcd.clusterId !== null || founders.length === 0) return null;
      for (const founder of founders) founder.boots = false;
      return () => {
        const isFormed = world.etcd.clusterId !== null;
        for (const founder of founders.slice(1))
          if (!isFormed && founder.state === 'running') world.vanish(founder.id);
        for (const founder of founders) founder.boots = true;
      };
    },
  },
  launchedPastItsHook: {
    about: 'an instance goes into service before any cluster was founded, and is ended later',
    apply: (world, random) => {
      const one = random.pick(waitingToLaunch(world));
      if (one === null || world.etcd.clusterId !== null || world.parameters.has(`${PATH}bootstrap`))
        return null;
      world.answerHook(one, 'CONTINUE');
      return () => {
        if (one.listed && world.etcd.clusterId === null) world.terminate(one.id);
      };
    },
  },
  newcomerForcedIntoService: {
    about: 'somebody answers the launch hook of a newcomer whose etcd cannot start, and ends it later',
    apply: (world, random) => {
      const one = random.pick(waitingToLaunch(world).filter((waiting) => !world.hasEtcd(waiting)));
      if (one === null || world.etcd.clusterId === null) return null;
      one.boots = false;
      world.answerHook(one, 'CONTINUE');
      return () => {
        one.boots = true;
        if (one.listed && one.lifecycle === 'InService') world.terminate(one.id);
      };
    },
  },
  hookAbandonedAndKept: {
    about: 'somebody abandons the terminate hook of an instance that its group then retains',
    apply: (world, random) => {
      const one = random.pick(sparedInServiceOf(world));
      if (one === null || world.swaps.binds(one.id)) return null;
      world.hooks.retains = true;
      world.terminate(one.id);
      world.answerHook(one, 'ABANDON');
      return () => {
        world.hooks.retains = false;
        endRetained(world);
      };
    },
  },
  hooksAreShort: {
    about: 'the hooks of the group end after minutes, whoever extends them',
    apply: (world, random) => {
      const { globalSeconds } = world.hooks;
      world.hooks.globalSeconds = random.whole(120, 300);
      return () => {
        world.hooks.globalSeconds = globalSeconds;
      };
    },
  },
  claimGarbledInTheDark: {
    about: 'somebody garbles the claim while no etcd answers, and mends it',
    apply: (world, random) => {
      const name = `${PATH}bootstrap`;
      const before = world.parameters.get(name);
      if (before === undefined || !before.startsWith('{')) return null;
      world.parameters.set(name, 'garbled in the dark');
      for (const { id } of serversOf(world)) world.reboot(id, random.whole(40, 120));
      return () => {
        if (world.parameters.get(name) === 'garbled in the dark') world.parameters.set(name, before);
      };
    },
  },
  replacedTooOften: {
    about: 'three instances were replaced for silence today, and another etcd freezes',
    apply: (world, random) => {
      const server = random.pick(serversOf(world));
      if (server === null || world.etcd.clusterId === null) return null;
      const names = ['i-00000000aaaaaaaa1', 'i-00000000aaaaaaaa2', 'i-00000000aaaaaaaa3'];
      const reportedAtMs = Object.fromEntries(names.map((id) => [id, world.nowMs - 3_600_000]));
      world.etcd.keys.set(KEY.state, encodeMemory({ ...NO_MEMORY, reportedAtMs }));
      const process = world.processOf(server.id);
      process.frozen = true;
      return () => {
        process.frozen = false;
      };
    },
  },
  strangerAtNextAddress: {
    about: 'one more is asked for; a stranger votes at its address, or under a name that no file can carry',
    apply: strangerVotes,
  },
  rightsTakenAway: {
    about: 'the user of the autopilot may read of etcd, and change nothing',
    apply: (world) =>
      failing(world, /^etcd\.(?:write|addLearner|promote|remove|moveLeader|takePermit)$/, () => {
        return new OperationError('ETCD_ACCESS', 'never', 'etcd denied it: permission denied');
      }),
  },
  groupIsGoneForAMoment: {
    about: 'Auto Scaling does not find the group for some calls',
    apply: (world) =>
      failing(world, /^scaling\.(?:listHooks|listActivities|complete|heartbeat|tagGroup)$/, () => {
        return new OperationError('AWS_GONE', 'nextLook', 'Auto Scaling found nothing there');
      }),
  },
  statusTooLong: {
    about: 'what is written does not fit into a parameter',
    apply: (world) =>
      failing(world, /^parameters\.write$/, () => {
        return new OperationError('CONFIG_INVALID', 'never', 'the value is longer than 4096 bytes');
      }),
  },
};

/** It stands in the member list with a name and addresses, runs nowhere, and is removed by hand later. */
function strangerVotes(world: FakeWorld, random: Random): Ending | null {
  const { etcd } = world;
  const isSafe = etcd.hasQuorum() && etcd.runningCount() === etcd.voters().length && etcd.voters().length > 2;
  if (!isSafe || world.isTearingDown() || world.desired >= DESIRED_MAX) return null;
  if (etcd.members.some(({ isLearner, id }) => isLearner || id === '4711')) return null;
  const address = `10.0.9.${world.instances.length}`;
  const clientUrl = `http://${address}:2379`;
  etcd.addByHand({
    name: random.oneOf('stranger', 'a stranger;'),
    peerUrl: `http://${address}:2380`,
    clientUrl,
  });
  world.addresses.unshift(address);
  world.desired += 1;
  return () => {
    etcd.members = etcd.members.filter(({ id }) => id !== '4711');
    if (world.addresses[0] === address) world.addresses.shift();
  };
}

function failing(world: FakeWorld, calls: RegExp, make: () => OperationError): Ending {
  const trouble = (call: string) => (calls.test(call) ? make() : null);
  world.troubles.add(trouble);
  return () => {
    world.troubles.delete(trouble);
  };
}
