import { readJson } from '../../rules/truth.ts';
import { endRetained } from '../aside.ts';
import { CLUSTER, PATH } from '../state.ts';
import { allOf } from './fault.ts';
import { inServiceOf } from './targets.ts';

const CONFIG = `${PATH}config`;

/** What users seldom do, and what must not end badly all the same. */
export const RARE_FAULTS = allOf('U', {
  tornDown: {
    about: 'the stack is deleted: its intent is recorded, and the group shrinks to nothing',
    apply: (world) => {
      if (world.isTearingDown()) return null;
      world.parameters.set(
        `${PATH}teardown`,
        JSON.stringify({ at: '2026-01-01T00:00:00Z', stackId: 'stack' }),
      );
      world.desired = 0;
      return 'done';
    },
  },
  scaledFarOut: {
    about: 'an operator asks for more members than etcd advises, and for fewer later',
    apply: (world) => {
      const before = world.desired;
      if (before < 3 || before > 7) return null;
      world.desired = 9;
      return () => {
        world.desired = Math.min(world.desired, before);
      };
    },
  },
  hooksAreShortAndKeep: {
    about: 'the hooks have minutes only, and keep whom they abandon',
    apply: (world) => {
      const { hooks } = world;
      const { heartbeatSeconds, globalSeconds, retains } = hooks;
      if (retains || globalSeconds <= 900) return null;
      Object.assign(hooks, { heartbeatSeconds: 180, globalSeconds: 900, retains: true });
      return () => {
        Object.assign(hooks, { heartbeatSeconds, globalSeconds, retains });
        endRetained(world);
      };
    },
  },
  instanceRetained: {
    about: 'an instance is kept although it was abandoned in its terminate hook, and ended by hand later',
    apply: (world, random) => {
      const one = random.pick(inServiceOf(world).filter(({ id }) => !world.swaps.binds(id)));
      if (one === null) return null;
      one.lifecycle = 'Terminating:Retained';
      one.terminatingAtMs = world.nowMs;
      return () => {
        if (one.state === 'running') world.doomed.add(one.id);
      };
    },
  },
  secretMissing: {
    about: 'the settings name a secret that is not there',
    apply: (world) => {
      const before = world.parameters.get(CONFIG);
      const settings = readJson(before);
      if (before === undefined || settings === null || 'auth' in settings) return null;
      const auth = { user: 'root', password: `/secrets/${CLUSTER}/password` };
      const broken = JSON.stringify({ ...settings, auth });
      world.parameters.set(CONFIG, broken);
      return () => {
        if (world.parameters.get(CONFIG) === broken) world.parameters.set(CONFIG, before);
      };
    },
  },
  leftoversFound: {
    about: 'records of a cluster of old stand where a new one is to be founded',
    apply: (world) => {
      const name = `${PATH}status`;
      if (world.etcd.clusterId !== null || world.parameters.has(`${PATH}bootstrap`)) return null;
      if (world.parameters.has(name)) return null;
      // They are of old: no answer is so old that it does not have them.
      if (world.replicas.parameters.lag !== null) return null;
      const text = '{"generation":7,"of":"old"}';
      world.parameters.set(name, text);
      return () => {
        if (world.parameters.get(name) === text) world.parameters.delete(name);
      };
    },
  },
  founderLetIn: {
    about: 'somebody lets an instance into service before there is a cluster, and terminates it later',
    apply: (world, random) => {
      const waiting = world.instances.filter(
        ({ listed, lifecycle }) => listed && lifecycle === 'Pending:Wait',
      );
      const one = world.etcd.clusterId === null ? random.pick(waiting) : null;
      if (one === null) return null;
      world.answerHook(one, 'CONTINUE');
      // Whoever did it finds out that nothing is founded around it.
      return () => world.terminate(one.id);
    },
  },
});
