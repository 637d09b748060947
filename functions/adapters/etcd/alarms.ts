import type { AlarmType } from 'etcd3';
import type { EtcdAlarm } from '../../core/maintenance-port.ts';
import type { EtcdClients } from './clients.ts';

/** etcd3 spells them as no etcd does. */
const SPELLED: Readonly<Record<string, keyof typeof AlarmType>> = { NOSPACE: 'Nospace', CORRUPT: 'Corrupt' };

/** Also the question goes through the log, so a member without a majority does not answer it. */
export async function alarms(clients: EtcdClients, endpoint: string): Promise<readonly EtcdAlarm[]> {
  const response = await clients.call(endpoint, 'alarms', (client, limits) =>
    client.maintenance.alarm({ action: 'Get', memberID: '0', alarm: 'None' }, limits),
  );
  return response.alarms.map(({ memberID, alarm }) => ({ memberId: memberID, alarm: alarm.toUpperCase() }));
}

/** An alarm that a later etcd may bring has no name here, and stays. */
export async function disarm(
  clients: EtcdClients,
  endpoint: string,
  { memberId, alarm }: EtcdAlarm,
): Promise<void> {
  const spelled = SPELLED[alarm];
  if (spelled === undefined) return;
  await clients.call(endpoint, 'disarm', (client, limits) =>
    client.maintenance.alarm({ action: 'Deactivate', memberID: memberId, alarm: spelled }, limits),
  );
}
