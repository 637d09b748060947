import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { expectedClusterId } from '../../../functions/core/claim.ts';
import { memberIdOf } from '../../../functions/core/raft-ids.ts';
import { RESTORE_BUMP } from '../../../functions/core/restore.ts';
import { connectEtcd } from '../../../functions/edge/connect-etcd.ts';
import { LoneEtcd } from '../../adapters/etcd-tools/lone-etcd.ts';
import { clientUrlOf, etcdBinDir, loopback, peerUrlOf } from '../../support/etcd-process.ts';
import { runEtcdctl } from '../../support/etcdctl.ts';
import { INSTANCE, MemberHost } from './member-host.ts';

const ADDRESS = loopback(13);
const TOKEN = 'core-2-restored';
const WITHIN_MS = 20_000;

let host: MemberHost;
afterEach(() => host.destroy());

/** Only then can it raise revisions; one that cannot restores them as they are. */
function bumpOf(binDir: string): number {
  const tool = readdirSync(binDir).includes('etcdutl') ? 'etcdutl' : 'etcdctl';
  const env = { ETCDCTL_API: '3' };
  const help = execFileSync(join(binDir, tool), ['snapshot', 'restore', '--help'], { env }).toString();
  return help.includes('--bump-revision') ? RESTORE_BUMP : 0;
}

test('a real founder begins with the data of a snapshot, under the ids that its claim foretells, past every revision of before', async () => {
  const binDir = await etcdBinDir();
  const before = await LoneEtcd.start(12);
  await before.fill();
  const { snapshot, manifest, revision } = await before.taken();
  await before.stop();
  const peerUrl = peerUrlOf(ADDRESS);
  const members = { [INSTANCE]: peerUrl };
  const claim = { number: 2, token: TOKEN, members, claimedAt: '', clusterId: null };
  const memberId = memberIdOf(peerUrl, TOKEN);
  const bump = bumpOf(binDir);
  const { sha256, sizeBytes } = manifest;
  const restore = { uri: 's3://snapshots/core/a.db', sha256, sizeBytes, bump };
  host = new MemberHost({ address: ADDRESS, etcd: { dir: binDir } });
  host.region.objects.set('snapshots/core/a.db', snapshot);
  host.giveTicket({
    peerUrl,
    clientUrl: clientUrlOf(ADDRESS),
    token: TOKEN,
    memberId,
    start: { initialCluster: `${INSTANCE}=${peerUrl}`, initialState: 'new', restore },
  });
  await host.boot();

  const etcd = connectEtcd({ addressOf: () => null, tls: null, auth: null });
  const url = clientUrlOf(ADDRESS);
  const untilMs = Date.now() + WITHIN_MS;
  let [seen] = await etcd.probe([url]);
  while (Date.now() < untilMs && !(seen?.kind === 'status' && seen.linearizable))
    [seen] = await etcd.probe([url]);
  if (seen?.kind !== 'status') throw new Error(`etcd does not answer; log:\n${host.log}`);
  expect(seen.status).toMatchObject({ memberId, clusterId: expectedClusterId(claim), leaderId: memberId });
  expect(seen.status.revision).toBe(String(BigInt(revision) + BigInt(bump)));
  expect(await etcd.members(url)).toMatchObject([{ id: memberId, name: INSTANCE, peerUrls: [peerUrl] }]);
  etcd.close();

  const way = { binDir, endpoints: [url], tls: null, user: null };
  expect(await runEtcdctl(way, ['get', 'key-1', '--print-value-only'])).toBe('after the compaction\n');
  expect(await runEtcdctl(way, ['get', 'key-3', '--print-value-only'])).toBe('');
  expect(await runEtcdctl(way, ['put', 'key-1', 'written anew'])).toBe('OK\n');
  // Whoever held a revision of before is told so at once, and does not miss what was lost.
  const old = runEtcdctl(way, ['get', 'key-1', `--rev=${revision}`]);
  if (bump > 0) await expect(old).rejects.toThrow('has been compacted');
  else await old;
}, 60_000);
