import { createServer as createDeaf, type Server as Deaf } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countersIn, openScrutiny } from '../../../functions/adapters/etcd/scrutiny.ts';
import { certificateIn } from '../../../functions/core/checks/judge-certificates.ts';
import type { KeyPair } from '../../../infra/local/certificates.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { loopback } from '../../support/etcd-process.ts';
import { expectFailure } from '../aws-failures.ts';
import { type LonelyEtcd, openLonelyEtcd } from './lonely-etcd.ts';

const DOMAIN = 'core.test';
const made = makeCertificates(DOMAIN);
const [GOOD, EXPIRED, MISNAMED, STRANGER, DEAF] = [1, 2, 3, 4, 5].map(loopback);
const tls = { ca: made.ca, cert: made.client.cert, key: made.client.key };
const DAY_MS = 86_400_000;

const servers: (Server | Deaf)[] = [];
let lonely: LonelyEtcd;

/** Wants a client's certificate of our authority, as etcd does. */
async function serve(address: string | undefined, pair: KeyPair | null): Promise<void> {
  const options = { ...pair, ca: made.ca, requestCert: true, rejectUnauthorized: true };
  const server = pair === null ? createDeaf() : createServer(options);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(2379, address, resolve);
  });
  servers.push(server);
}

const at = (address: string | undefined, deadlineMs = 2_000) =>
  openScrutiny({ addressOf: () => address ?? null, tls, auth: null, deadlineMs }).certificate(
    `https://i-1.${DOMAIN}:2379`,
  );

beforeAll(async () => {
  await serve(GOOD, made.member);
  await serve(EXPIRED, made.expired);
  await serve(MISNAMED, made.misnamed);
  await serve(STRANGER, made.stranger.member);
  await serve(DEAF, null);
  lonely = await openLonelyEtcd();
});
afterAll(async () => {
  for (const server of servers) server.close();
  await lonely.end();
});

describe('the certificate of a member', () => {
  test('is looked at by its address, for the name in its URL', async () => {
    const shown = await at(GOOD);
    expect(shown?.refusal).toBeNull();
    const [own] = certificateIn('member', made.member.cert);
    expect(shown?.endsAtMs).toBe(own?.endsAtMs);
  });

  test('that has ended shows its end all the same', async () => {
    const shown = await at(EXPIRED);
    expect(shown?.endsAtMs).toBeLessThan(Date.now() - DAY_MS / 2);
    expect(shown?.refusal).toMatch(/EXPIRED/);
  });

  test('for another name, or of another authority, is refused with the reason', async () => {
    expect((await at(MISNAMED))?.refusal).toMatch(/altname|match/i);
    expect((await at(STRANGER))?.refusal).toMatch(/UNABLE|SELF_SIGNED|signature/i);
  });

  test('is unknown where nobody listens, or nobody ever answers', async () => {
    await expectFailure(at(loopback(9)), 'ETCD_UNAVAILABLE', 'nextLook');
    await expectFailure(at(DEAF, 200), 'ETCD_UNAVAILABLE', 'nextLook');
  });
});

describe('the counters of a member', () => {
  test('come from a real etcd, which talks plain http and shows no certificate', async () => {
    const scrutiny = openScrutiny({ addressOf: () => null, tls: null, auth: null, deadlineMs: 5_000 });
    const counters = await scrutiny.counters(lonely.etcd.clientUrl);
    expect(counters.syncs).toBeGreaterThan(0);
    expect(counters.slowSyncs).toBeLessThanOrEqual(counters.syncs);
    expect(counters.leaderChanges).toBeGreaterThan(0);
    expect(await scrutiny.certificate(lonely.etcd.clientUrl)).toBeNull();
  });

  test('are unknown where nobody listens', async () => {
    const scrutiny = openScrutiny({ addressOf: () => null, tls: null, auth: null, deadlineMs: 500 });
    await expectFailure(scrutiny.counters(`http://${loopback(9)}:2379`), 'ETCD_UNAVAILABLE', 'nextLook');
  });

  test('are read as etcd writes them, and what a version does not tell counts as nothing', () => {
    const text = `# HELP
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.256"} 90
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.512"} 99
etcd_disk_wal_fsync_duration_seconds_count 100
etcd_server_slow_apply_total 1.5e+01
etcd_server_leader_changes_seen_total 2`;
    expect(countersIn(text)).toEqual({ syncs: 100, slowSyncs: 10, slowApplies: 15, leaderChanges: 2 });
    expect(countersIn('')).toEqual({ syncs: 0, slowSyncs: 0, slowApplies: 0, leaderChanges: 0 });
    expect(countersIn('etcd_disk_wal_fsync_duration_seconds_count 7')).toMatchObject({
      syncs: 7,
      slowSyncs: 0,
    });
  });
});
