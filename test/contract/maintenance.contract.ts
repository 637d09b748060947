import { expect, test } from 'vitest';
import type { EtcdAlarm } from '../../functions/core/maintenance-port.ts';
import { failureOf, type Stage, statusOf, wordsOf } from './etcd-world.ts';

/** Databases and alarms. Everything is as before when it is over. */
export function maintenanceContract(staged: () => Stage): void {
  /** The revision that all founders have by now. */
  async function commonRevision(): Promise<string> {
    const { port, urls } = staged();
    await port.write(urls[0] ?? '', '/contract/revision', String(Math.random()));
    const [wanted = '0'] = (await staged().statuses(urls.slice(0, 1))).map(({ revision }) => revision);
    await staged().eventually(async () => {
      const statuses = await staged().statuses();
      return statuses.every(({ revision }) => BigInt(revision) >= BigInt(wanted)) ? true : null;
    });
    return wanted;
  }

  /** An alarm on the first follower, until the work is done. */
  async function whileArmed(
    kind: 'NOSPACE' | 'CORRUPT',
    work: (alarm: EtcdAlarm, url: string) => Promise<void>,
  ): Promise<void> {
    const { world, port } = staged();
    const { leader, first } = await staged().roles();
    const alarm = { memberId: first.status.memberId, alarm: kind };
    await world.raise(alarm);
    await staged().eventually(async () => {
      const statuses = await staged().statuses();
      return statuses.every(({ errors }) => errors.length === 1) ? true : null;
    });
    await work(alarm, leader.clientUrl).finally(() => port.disarm(leader.clientUrl, alarm));
    expect(await port.alarms(leader.clientUrl)).toEqual([]);
  }

  test('a status tells sizes, the revision and what is applied', async () => {
    for (const status of await staged().statuses()) {
      expect(status.revision).toMatch(/^[1-9]\d*$/);
      expect(status.appliedIndex).toMatch(/^[1-9]\d*$/);
      expect(status.dbSizeInUseBytes).toBeGreaterThan(0);
      expect(status.dbSizeInUseBytes).toBeLessThanOrEqual(status.dbSizeBytes);
    }
  });

  test('members that hold the same have the same hash at the same revision, and count the same keys', async () => {
    const { port, urls } = staged();
    const revision = await commonRevision();
    const hashes = await Promise.all(urls.map((url) => port.hashKv(url, revision)));
    expect(new Set(hashes.map(({ hash, compactRevision }) => `${hash} ${compactRevision}`)).size).toBe(1);
    expect(hashes[0]).toMatchObject({ revision, hash: expect.stringMatching(/^\d+$/) });
    const counts = await Promise.all(urls.map((url) => port.countKeys(url, revision)));
    expect(new Set(counts).size).toBe(1);
    expect(counts[0]).toBeGreaterThan(0);
  });

  test('what is compacted cannot be asked for any more, and is compacted twice without complaint', async () => {
    const { port, urls } = staged();
    const [url = ''] = urls;
    const revision = await commonRevision();
    await commonRevision();
    await port.compact(url, revision);
    await port.compact(url, revision);
    const older = String(BigInt(revision) - 1n);
    for (const ask of [() => port.hashKv(url, older), () => port.countKeys(url, older)])
      expect(wordsOf(await failureOf(ask()))).toBe('mvcc: required revision has been compacted');
    const future = String(BigInt(revision) + 100_000n);
    for (const ask of [() => port.hashKv(url, future), () => port.compact(url, future)])
      expect(wordsOf(await failureOf(ask()))).toBe('mvcc: required revision is a future revision');
  });

  test('a member is defragmented, and answers again after it', async () => {
    const { port, urls } = staged();
    const [url = ''] = urls;
    await port.defragment(url, 10_000);
    const [probe] = await port.probe([url]);
    expect(probe).toMatchObject({ kind: 'status', linearizable: true });
    const { dbSizeBytes, dbSizeInUseBytes } = statusOf(probe);
    expect(dbSizeInUseBytes).toBeLessThanOrEqual(dbSizeBytes);
  });

  test('without an alarm there is none to tell, and to take one back is fine', async () => {
    const { port, urls } = staged();
    const [url = ''] = urls;
    expect(await port.alarms(url)).toEqual([]);
    const [status] = await staged().statuses([url]);
    await port.disarm(url, { memberId: status?.memberId ?? '', alarm: 'NOSPACE' });
  });

  test('S59 without space etcd takes no writes and no permits; it reads, deletes, compacts, rewrites and moves its leader', async () => {
    const { port, urls } = staged();
    await port.write(urls[0] ?? '', '/contract/doomed', 'x');
    const revision = await commonRevision();
    await commonRevision();
    const held = await port.takePermit(urls[0] ?? '', 'before', 'reboot', 20);
    await whileArmed('NOSPACE', async (alarm, url) => {
      const probes = await port.probe(urls);
      for (const probe of probes) {
        expect(probe).toMatchObject({ kind: 'status', linearizable: true });
        expect(statusOf(probe).errors[0]?.trim()).toBe(`memberID:${alarm.memberId} alarm:NOSPACE`);
      }
      expect(await port.alarms(url)).toEqual([alarm]);
      const noSpace = { code: 'ETCD_REFUSED', retry: 'never' };
      expect(await failureOf(port.write(url, '/contract/any', 'x'))).toMatchObject(noSpace);
      expect(await failureOf(port.takePermit(url, 'after', 'reboot', 20))).toMatchObject(noSpace);
      expect(await port.swap(url, '/contract/doomed', 'x', null, null)).toBe('swapped');
      if (held !== null) expect(await port.renewPermit(url, held)).toBe('renewed');
      await port.compact(url, revision);
      await port.defragment(url, 10_000);
      const [status] = await staged().statuses([url]);
      expect(await port.members(url)).toHaveLength(3);
      await port.moveLeader(url, alarm.memberId);
      expect((await port.hashKv(url, status?.revision ?? '')).revision).toBe(status?.revision);
      if (held !== null) await port.releasePermit(url, held);
    });
    await port.write(urls[0] ?? '', '/contract/any', 'y');
  });

  test('S60 of a corrupt cluster nothing is written, deleted, compacted or let go; it reads, hashes and changes members', async () => {
    const { port, world, urls } = staged();
    const held = await port.takePermit(urls[0] ?? '', 'before', 'reboot', 20);
    await whileArmed('CORRUPT', async (alarm, url) => {
      expect((await port.probe(urls)).every((one) => one.kind === 'status' && one.linearizable)).toBe(true);
      const [status] = await staged().statuses([url]);
      const corrupt = { code: 'ETCD_REFUSED', retry: 'never', context: { text: 'corrupt cluster' } };
      const refused = [
        () => port.write(url, '/contract/any', 'x'),
        () => port.swap(url, '/contract/any', 'y', null, null),
        () => port.takePermit(url, 'after', 'reboot', 20),
        () => port.compact(url, status?.revision ?? ''),
        async () => (held === null ? undefined : port.releasePermit(url, held)),
      ];
      for (const work of refused) expect(await failureOf(work())).toMatchObject(corrupt);
      expect(await port.read(url, '/contract/any')).toBe('y');
      expect((await port.hashKv(url, status?.revision ?? '')).revision).toBe(status?.revision);
      expect(await port.alarms(url)).toEqual([alarm]);
      const learnerId = await staged().addLearner(url, world.later.peerUrl);
      await port.remove(url, learnerId);
      await world.passSeconds(1.1); // ids are made of the address and the second: others add it again
      expect(await port.members(url)).toHaveLength(3);
    });
    if (held !== null) await port.releasePermit(urls[0] ?? '', held);
  });

  test('an alarm of nobody, or of a kind that no etcd knows, is taken back without complaint', async () => {
    const { port, urls } = staged();
    const [url = ''] = urls;
    await port.disarm(url, { memberId: '4711', alarm: 'CORRUPT' });
    await port.disarm(url, { memberId: '4711', alarm: 'SOMETHING' });
    expect(await port.alarms(url)).toEqual([]);
  });
}
