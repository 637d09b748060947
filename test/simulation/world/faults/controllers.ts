import { KEY } from '../../../../functions/core/names.ts';
import type { FakeWorld } from '../fake-world.ts';
import { PATH } from '../state.ts';
import { allOf } from './fault.ts';

const NEWER = 2;
const NEWER_LINE = `AUTOPILOT_VERSION=${NEWER}\n`;

/** What befalls the function itself: it dies, runs twice, loses its clock, or is another version. */
export const CONTROLLER_FAULTS = allOf('C', {
  killedAfterEffects: {
    about: 'the function is killed right after one of its next effects',
    apply: (world, random) => {
      if (Number.isFinite(world.killAfter)) return null;
      world.killAfter = world.effects.length + random.whole(1, 12);
      return 'done';
    },
  },
  killedAtCall: {
    about: 'the function is killed before one of its next calls',
    apply: (world, random) => {
      let left = random.whole(1, 40);
      const trouble = () => {
        left -= 1;
        if (left > 0) return null;
        world.troubles.delete(trouble);
        return world.life.end('killed');
      };
      world.troubles.add(trouble);
      return 'done';
    },
  },
  killedWithPermit: {
    about: 'the function is killed while it holds the permit',
    apply: (world) => {
      if (world.killOn !== null) return null;
      world.killOn = /takePermit/;
      return 'done';
    },
  },
  killedRepeatedly: {
    about: 'the function is killed again and again',
    apply: (world, random) => {
      const trouble = () => (random.chance(0.02) ? world.life.end('killed') : null);
      world.troubles.add(trouble);
      return () => {
        world.troubles.delete(trouble);
      };
    },
  },
  replyLost: {
    about: 'the reply to one of the next effects is lost',
    apply: (world, random) => {
      if (Number.isFinite(world.loseAfter)) return null;
      world.loseAfter = world.effects.length + random.whole(1, 12);
      return 'done';
    },
  },
  clockJumps: {
    about: 'the clock of the function is off by minutes',
    apply: (world, random) => {
      if (world.skewMs !== 0) return null;
      world.skewMs = random.oneOf(-1, 1) * random.whole(5, 600) * 1_000;
      return () => {
        world.skewMs = 0;
      };
    },
  },
  timeIsShort: {
    about: 'the function is ended seconds after it begins',
    apply: (world, random) => {
      const before = world.lifeSeconds;
      if (before < 15) return null;
      world.lifeSeconds = random.whole(1, 14);
      return () => {
        world.lifeSeconds = before;
      };
    },
  },
  twoAtOnce: {
    about: 'a second function runs while the first is at work',
    apply: (world, random) => {
      if (world.rivalInCalls > 0) return null;
      world.rivalInCalls = random.whole(1, 60);
      return 'done';
    },
  },
  newerVersionWrote: {
    about: 'a newer version writes a record in a form that this one does not know, and is rolled back later',
    apply: (world, random) => {
      const names = ['status', 'bootstrap', ...ticketNames(world)];
      const name = random.pick(names.filter((one) => world.parameters.has(PATH + one)));
      if (name === null) return null;
      const before = world.parameters.get(PATH + name) ?? '';
      const newer = name.startsWith('members/') ? before + NEWER_LINE : versioned(before);
      if (newer === before) return null;
      world.parameters.set(PATH + name, newer);
      return () => {
        const now = world.parameters.get(PATH + name);
        if (now !== undefined) world.parameters.set(PATH + name, rolledBack(now, before));
      };
    },
  },
  newerVersionRemembered: {
    about: 'a newer version wrote the memory in etcd, and is rolled back later',
    apply: (world) => {
      const before = world.etcd.keys.get(KEY.state);
      if (before === undefined) return null;
      const newer = versioned(before);
      world.etcd.keys.set(KEY.state, newer);
      return () => {
        const now = world.etcd.keys.get(KEY.state);
        if (now !== undefined) world.etcd.keys.set(KEY.state, rolledBack(now, before));
      };
    },
  },
  olderVersionWrote: {
    about: 'an older version writes the records as it knows them: without what came later',
    apply: (world) => {
      const status = world.parameters.get(`${PATH}status`);
      if (status === undefined) return null;
      for (const name of ticketNames(world)) {
        const text = world.parameters.get(PATH + name) ?? '';
        world.parameters.set(PATH + name, text.replace(/^AUTOPILOT_OLDEST_VERSION=.*\n/m, ''));
      }
      world.parameters.set(`${PATH}status`, without(status, ['learners', 'waits']));
      const memory = world.etcd.keys.get(KEY.state);
      if (memory === undefined) return 'done';
      world.etcd.keys.set(KEY.state, without(memory, ['lookedAtMs', 'silentSinceMs', 'reportedAtMs']));
      return 'done';
    },
  },
});

const ticketNames = (world: FakeWorld): readonly string[] =>
  [...world.parameters.keys()]
    .filter((name) => name.startsWith(`${PATH}members/`))
    .map((name) => name.slice(PATH.length));

/** Text that is no JSON stays: somebody edited it. */
function without(text: string, names: readonly string[]): string {
  try {
    const entries = Object.entries(JSON.parse(text)).filter(([name]) => !names.includes(name));
    return JSON.stringify(Object.fromEntries(entries));
  } catch {
    return text;
  }
}

/** As a newer version would write it; text that is no JSON stays. */
function versioned(text: string): string {
  try {
    return JSON.stringify({ ...JSON.parse(text), version: NEWER });
  } catch {
    return text;
  }
}

/** Whatever an older version, or a hand, made of it meanwhile: nothing says any more that a newer one wrote it. */
function rolledBack(now: string, before: string): string {
  try {
    const value = JSON.parse(now);
    return value.version === NEWER ? JSON.stringify({ ...value, version: JSON.parse(before).version }) : now;
  } catch {
    return now.replace(NEWER_LINE, '');
  }
}
