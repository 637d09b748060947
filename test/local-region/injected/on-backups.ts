import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { isRecord, parseJson } from '../../../functions/core/json.ts';
import { PARAMETER } from '../../../functions/core/names.ts';
import { until } from '../stage.ts';
import type { InjectedFault } from './fault.ts';
import type { Ground } from './ground.ts';

const DAY_MS = 86_400_000;

async function backupNow(ground: Ground): Promise<void> {
  await ground.clients.cli('backup', 'now', '--cluster', ground.name);
  await until('a backup is known', 60, async () => (await recordOf(ground))['last'] !== null);
}

async function recordOf(ground: Ground): Promise<Readonly<Record<string, unknown>>> {
  const value = parseJson((await ground.parameter(PARAMETER.backup)) ?? '');
  return isRecord(value) ? value : { last: null };
}

/** What keeps a cluster from being brought back. */
export const ON_BACKUPS: readonly InjectedFault[] = [
  {
    name: 'the newest snapshot is deleted from the bucket',
    codes: ['snapshotGone'],
    end: 'left',
    inject: async (ground) => {
      await backupNow(ground);
      const { last } = await recordOf(ground);
      const Key = isRecord(last) ? String(last['key']) : '';
      for (const ending of ['.db', '.json', '.verified.json']) {
        const key = Key.replace(/\.db$/, ending);
        await ground.objects.send(new DeleteObjectCommand({ Bucket: ground.bucket, Key: key }));
      }
      return { subject: Key, undo: () => backupNow(ground) };
    },
  },
  {
    name: 'no snapshot was taken for a day',
    codes: ['backupOld'],
    end: 'repaired',
    inject: async (ground) => {
      await backupNow(ground);
      const record = await recordOf(ground);
      const at = new Date(Date.now() - DAY_MS).toISOString();
      const aged = { ...record, last: { ...(isRecord(record['last']) ? record['last'] : {}), at } };
      await ground.put(PARAMETER.backup, JSON.stringify(aged));
      return {};
    },
  },
  {
    name: 'S3 refuses everything: backups fail',
    codes: ['backupFailed', 'sightUnwritten', 'notReadable'],
    end: 'left',
    inject: async ({ control, clients, name }) => {
      const { id } = await control.fault({ kind: 'deny-api', target: 's3' });
      await clients.cli('backup', 'now', '--cluster', name);
      return {
        undo: async () => {
          await control.clear(id);
          await clients.cli('backup', 'now', '--cluster', name);
        },
      };
    },
  },
];
