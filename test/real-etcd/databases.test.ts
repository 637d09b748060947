import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { Etcd3 } from 'etcd3';
import { describe, expect } from 'vitest';
import { openEtcd } from '../../functions/adapters/etcd/open.ts';
import { encodeChecks, NO_CHECKS } from '../../functions/core/checks/memory.ts';
import { decodeSpaceRecord } from '../../functions/core/space.ts';
import { PATH } from '../simulation/world/fake-world.ts';
import { glance, test } from '../support/real-story.ts';
import type { RealWorld } from '../support/real-world.ts';

const QUOTA_BYTES = 33_554_432;
const FULL = [
  { maintenance: { quotaBytes: QUOTA_BYTES } },
  { flags: [`--quota-backend-bytes=${QUOTA_BYTES}`] },
] as const;

/** Clients overwrite ten keys until etcd takes no more; how often that was acknowledged. */
async function fill(world: RealWorld): Promise<number> {
  const client = new Etcd3({ hosts: world.etcdOf(world.leader()).clientUrl });
  const value = Buffer.alloc(250_000, 'x');
  try {
    for (let count = 0; count < 1_000; count += 1) {
      const outcome = await client
        .put(`/full/${count % 10}`)
        .value(value)
        .exec()
        .catch(String);
      if (typeof outcome === 'string') {
        expect(outcome).toContain('database space exceeded');
        return count;
      }
    }
  } finally {
    client.close();
  }
  throw new Error('etcd has room for everything');
}

async function sizesOf(world: RealWorld): Promise<readonly number[]> {
  const port = openEtcd({ deadlineMs: 2_000 });
  const probes = await port.probe(world.alive().map((id) => world.etcdOf(id).clientUrl));
  port.close();
  return probes.map((probe) => (probe.kind === 'status' ? probe.status.dbSizeBytes : Number.NaN));
}

const deeds = (world: RealWorld, from: number): readonly string[] =>
  world.effects
    .slice(from)
    .filter((name) => /etcd\.(?:compact|defragment|disarm|remove)|end instance/.test(name));

describe.concurrent('databases of real etcd', { timeout: 120_000 }, () => {
  test('S59 the quota is reached: room is made, and writes are taken again', async ({ stage }) => {
    const world = await stage.grown(3, ...FULL);
    expect(await fill(world)).toBeGreaterThan(50);
    const before = world.effects.length;
    const startedMs = performance.now();
    await world.settleReal();
    await world.load.more();
    expect(performance.now() - startedMs).toBeLessThan(30_000);
    for (const bytes of await sizesOf(world)) expect(bytes).toBeLessThan(QUOTA_BYTES / 2);
    const done = deeds(world, before);
    expect(done[0]).toBe('etcd.compact');
    expect(done.filter((name) => name === 'etcd.defragment')).toHaveLength(3);
    expect(done.at(-1)).toBe('etcd.disarm');
    const record = decodeSpaceRecord(world.parameters.get(`${PATH}maintenance`) ?? null);
    expect(record).toMatchObject({ repair: null, repairsAtMs: [expect.any(Number)] });
    await world.expectVoters(world.alive());
  });

  test('S60 what lies on one disk is not what the others hold: that member is replaced', async ({
    stage,
  }) => {
    const world = await stage.grown(3);
    const victim = world.follower();
    const etcd = world.etcdOf(victim);
    const client = new Etcd3({ hosts: world.etcdOf(world.leader()).clientUrl });
    await client.put('/rotten').value('a value that rots on one disk');
    client.close();
    await world.settleReal();
    await etcd.stop();
    world.rotten.add(victim);
    for (const path of globSync(`${etcd.settings.dir}/**/snap/db`)) {
      const bytes = await readFile(path, 'latin1');
      expect(bytes).toContain('a value that rots');
      await writeFile(path, bytes.replaceAll('a value that rots', 'a value that lies'), 'latin1');
    }
    await etcd.start();
    await etcd.ready();
    await glance(world);
    expect(world.effects.filter((name) => name === 'etcd.remove')).toEqual([]);
    const finding = {
      code: 'hashesDiffer',
      severity: 'critical',
      subject: '',
      text: '',
      since: new Date().toISOString(),
      repair: 'left',
    } as const;
    world.parameters.set(`${PATH}checks`, encodeChecks({ ...NO_CHECKS, findings: [finding] }));
    const before = world.effects.length;
    await world.settleReal();
    expect(deeds(world, before).slice(0, 2)).toEqual(['etcd.remove', 'end instance']);
    world.parameters.delete(`${PATH}checks`);
    await world.settleReal();
    expect(world.alive()).not.toContain(victim);
    await world.expectVoters(world.alive());
  });
});
