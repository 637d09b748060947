import { PARAMETER } from '../../../functions/core/names.ts';
import type { InjectedFault } from './fault.ts';
import type { Ground } from './ground.ts';

/** Writes another text over a parameter; undone by the text that stood there. */
async function edited(ground: Ground, name: string, text: string) {
  const before = (await ground.parameter(name)) ?? '';
  await ground.put(name, text);
  return { subject: name, undo: () => ground.put(name, before) };
}

/** One that membership writes again by itself. */
const rewritten = async (ground: Ground, name: string, text: string) => {
  const { subject } = await edited(ground, name, text);
  return { subject };
};

const deleted = async (ground: Ground, name: string) => {
  await ground.remove(name);
  return { subject: name };
};

const STRANGER = 'i-0123456789abcdef0';

/** What the autopilot keeps in Parameter Store, edited and deleted by hand. */
export const ON_RECORDS: readonly InjectedFault[] = [
  {
    name: 'the published endpoints are edited by hand',
    codes: ['recordEdited'],
    end: 'repaired',
    inject: (ground) => rewritten(ground, PARAMETER.endpoints, 'http://192.0.2.1:2379'),
  },
  {
    name: 'the published endpoints are deleted',
    codes: ['recordEdited'],
    end: 'repaired',
    inject: (ground) => deleted(ground, PARAMETER.endpoints),
  },
  {
    name: 'the published peers are edited by hand',
    codes: ['recordEdited'],
    end: 'repaired',
    inject: (ground) => rewritten(ground, PARAMETER.peers, `${STRANGER}=http://192.0.2.1:2380`),
  },
  {
    name: 'the status is overwritten by hand',
    codes: ['recordEdited'],
    end: 'repaired',
    inject: (ground) => rewritten(ground, PARAMETER.status, '{}'),
  },
  {
    name: 'the ticket of a member is overwritten by hand',
    codes: ['recordEdited', 'recordUnreadable'],
    end: 'repaired',
    inject: async (ground) =>
      rewritten(ground, `${PARAMETER.members}${await ground.follower()}`, 'AUTOPILOT_STATE=none'),
  },
  {
    name: 'the ticket of a member is deleted',
    codes: ['recordEdited'],
    end: 'repaired',
    inject: async (ground) => deleted(ground, `${PARAMETER.members}${await ground.follower()}`),
  },
  {
    name: 'there is a ticket of an instance that nobody knows',
    codes: ['recordStale', 'recordUnreadable'],
    end: 'repaired',
    inject: async (ground) => {
      const known = await ground.parameter(`${PARAMETER.members}${await ground.follower()}`);
      const name = `${PARAMETER.members}${STRANGER}`;
      await ground.put(name, known ?? '');
      return { subject: name };
    },
  },
  {
    name: 'the claim of the cluster is damaged',
    codes: ['recordEdited', 'recordUnreadable'],
    end: 'repaired',
    inject: (ground) => rewritten(ground, PARAMETER.bootstrap, '{"number":'),
  },
  {
    name: 'the configuration is made invalid by hand',
    codes: ['configInvalid'],
    end: 'left',
    inject: async (ground) => {
      const { undo } = await edited(ground, PARAMETER.config, '{"size":"many"}');
      return { undo };
    },
  },
  {
    name: 'the configuration is frozen',
    codes: ['frozen'],
    end: 'left',
    inject: async (ground) => {
      const config = JSON.parse((await ground.parameter(PARAMETER.config)) ?? '{}');
      const { undo } = await edited(ground, PARAMETER.config, JSON.stringify({ ...config, frozen: true }));
      return { undo };
    },
  },
];
