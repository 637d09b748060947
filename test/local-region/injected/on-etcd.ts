import { Agent } from 'node:http';
import { KEY } from '../../../functions/core/names.ts';
import { postJson } from '../../../infra/demo/etcd-http.ts';
import { until } from '../stage.ts';
import type { InjectedFault } from './fault.ts';
import { endpointsOf, type Ground } from './ground.ts';

const HOUR_MS = 3_600_000;
const hourAgo = (): string => new Date(Date.now() - HOUR_MS).toISOString();

/** A key that somebody wrote with etcdctl. */
async function written({ etcdctl }: Ground, key: string, value: string) {
  await etcdctl('put', key, value);
  return { undo: () => etcdctl('del', key) };
}

/** Ids of members by their names, as etcdctl takes them. */
async function memberIds({ etcdctl }: Ground): Promise<ReadonlyMap<string, string>> {
  const rows = (await etcdctl('member', 'list')).split('\n').map((row) => row.split(', '));
  return new Map(rows.map(([id = '', , name = '']) => [name, id]));
}

/** An alarm as etcd raises it itself: it is armed in the cluster's own state. */
async function alarmed(ground: Ground, alarm: 'NOSPACE' | 'CORRUPT') {
  const agent = new Agent();
  const [endpoint = ''] = endpointsOf(ground.region, ground.cluster).split(',');
  const id = BigInt(`0x${(await memberIds(ground)).get(await ground.follower())}`).toString();
  const url = `${endpoint}/v3/maintenance/alarm`;
  await postJson(agent, url, { action: 'ACTIVATE', memberID: id, alarm }, 5_000);
  agent.destroy();
  return { undo: () => ground.etcdctl('alarm', 'disarm') };
}

/** What somebody with a client of etcd may do. */
export const ON_ETCD: readonly InjectedFault[] = [
  {
    name: 'somebody adds a member that belongs to no instance',
    codes: ['foreignMember', 'foreignChange'],
    end: 'left',
    inject: async (ground) => {
      const peer = '--peer-urls=http://192.0.2.1:2380';
      await ground.etcdctl('member', 'add', 'stranger', '--learner', peer);
      return {
        undo: async () => {
          const rows = (await ground.etcdctl('member', 'list')).split('\n');
          const id = rows.find((row) => row.includes('192.0.2.1'))?.split(',')[0] ?? '';
          await ground.etcdctl('member', 'remove', id);
        },
      };
    },
  },
  {
    name: 'somebody removes a voter from etcd',
    codes: ['tooFewVoters', 'memberStarting', 'learnerCatchingUp', 'notTolerant'],
    end: 'repaired',
    inject: async (ground) => {
      const gone = await ground.follower();
      const id = (await memberIds(ground)).get(gone) ?? '';
      // etcd refuses for some seconds after a member was started.
      await until('etcd removes it', 30, async () =>
        ground.etcdctl('member', 'remove', id).then(
          () => true,
          () => false,
        ),
      );
      return { comesFirst: true };
    },
  },
  {
    name: 'somebody holds the permit for disruptions',
    codes: ['permitHeld'],
    end: 'left',
    inject: (ground) => written(ground, KEY.disruption, 'me, for the weekend'),
  },
  {
    name: 'a machine holds the lock for reboots for an hour',
    codes: ['rebootOverdue'],
    end: 'left',
    inject: async (ground) => {
      const holders = [{ instanceId: await ground.follower(), since: hourAgo() }];
      return written(ground, `${KEY.reboots}members`, JSON.stringify({ version: 1, holders }));
    },
  },
  {
    name: 'the lock for reboots is overwritten by hand',
    codes: ['rebootsUnreadable'],
    end: 'left',
    inject: (ground) => written(ground, `${KEY.reboots}members`, 'mine'),
  },
  {
    name: 'etcd is out of space: the alarm NOSPACE',
    codes: ['alarmRaised', 'makingSpace', 'quotaReached', 'spaceMade'],
    end: 'repaired',
    inject: async (ground) => {
      await alarmed(ground, 'NOSPACE');
      return { comesFirst: true };
    },
  },
  {
    name: 'the leader changes again and again',
    codes: ['leaderChanging'],
    end: 'fades',
    inject: async (ground) => {
      const ids = [...(await memberIds(ground)).values()];
      let moves = 0;
      // Of three one leads already, and refuses to be chosen.
      for (let turn = 0; turn < 18 && moves < 6; turn += 1) {
        const to = ids[turn % ids.length] ?? '';
        moves += await ground.etcdctl('move-leader', to).then(
          () => 1,
          () => 0,
        );
      }
      return {};
    },
  },
];
