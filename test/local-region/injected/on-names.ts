import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { KEY } from '../../../functions/core/names.ts';
import type { InjectedFault } from './fault.ts';
import type { Ground } from './ground.ts';

/** The address record of a member in the hosted zone. */
async function recordOf({ zones }: Ground, id: string): Promise<ResourceRecordSet> {
  const records = (await zones?.records()) ?? [];
  const found = records.find(({ Name = '', Type }) => Type === 'A' && Name.startsWith(`${id}.`));
  if (found === undefined) throw new Error(`${id} has no record: ${JSON.stringify(records)}`);
  return found;
}

/** What stands in Route 53, and what the registry keeps in etcd. */
export const ON_NAMES: readonly InjectedFault[] = [
  {
    name: 'the record of a member is edited by hand',
    codes: ['edited'],
    end: 'repaired',
    inject: async (ground) => {
      const record = await recordOf(ground, await ground.follower());
      const change = { ...record, ResourceRecords: [{ Value: '192.0.2.1' }] };
      await ground.zones?.change(['UPSERT', change]);
      return {};
    },
  },
  {
    name: 'the record of a member is deleted',
    codes: ['edited'],
    end: 'repaired',
    inject: async (ground) => {
      const record = await recordOf(ground, await ground.follower());
      await ground.zones?.change(['DELETE', record]);
      return {};
    },
  },
  {
    name: 'the entry of a machine in the registry is deleted',
    codes: ['edited'],
    end: 'repaired',
    inject: async (ground) => {
      await ground.etcdctl('del', `${KEY.machines}${await ground.follower()}`);
      return {};
    },
  },
];
