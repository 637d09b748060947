import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { judgeVersion } from '../../functions/core/versions.ts';
import { TEST_ETCD } from '../../infra/etcd/chosen.ts';
import { isVersion, versionIn } from '../../infra/etcd/version.ts';
import { testEtcd } from '../support/answering-etcd.ts';
import { glance, kindsOf, test } from '../support/real-story.ts';
import type { RealWorld } from '../support/real-world.ts';

interface Release {
  readonly version: string;
  readonly dir: string;
}

const { version: FROM, dir } = await testEtcd();
const own: Release = { version: FROM, dir };

/**
 * Where the run was made for one version (`npm run test:matrix`), the others that are kept beside it. More than one
 * minor ahead is left out: no boot script starts such an etcd, and beside 3.4 it ends the voters by being there.
 */
async function others(): Promise<readonly Release[]> {
  if ((process.env[TEST_ETCD] ?? '') === '') return [];
  const kept = dirname(dir);
  const versions = readdirSync(kept).filter((name) => isVersion(name) && name !== FROM);
  const found = await Promise.all(
    versions.map(async (version) => ({
      version,
      dir: join(kept, version),
      told: await versionIn(join(kept, version)),
    })),
  );
  return found.filter(({ version, told }) => told === version && minorOf(version) <= minorOf(FROM) + 1);
}

const minorOf = (version: string): number => Number(version.split('.')[1]);

const RELEASES = [own, ...(await others())];
const voters = [1, 2, 3].map((n) => ({ name: `i-${n}`, version: FROM }));
const isStep = ({ version }: Release) => judgeVersion(voters, true, version).length === 0;

/** A stack waits for its instances. Joins take their time; what comes after a hook was answered is mostly skipped. */
async function prepare(world: RealWorld, release: Release): Promise<readonly string[]> {
  world.tags.set('aws:cloudformation:stack-name', 'etcd-core');
  world.tags.set('aws:cloudformation:logical-id', 'MemberGroup');
  world.stackWaits = true;
  for (const instance of world.instances) instance.launchedAtMs -= 86_400_000;
  world.interfere = (call) => {
    if (call === 'etcd.addLearner') world.realMsOfSecond = 1_000;
    if (call === 'scaling.complete') world.realMsOfSecond = 50;
  };
  world.hosts.next = release;
  return world.alive();
}

async function versionsOf(world: RealWorld): Promise<readonly (string | null | undefined)[]> {
  const { world: seen } = await world.pass({ mode: 'look' });
  return seen?.etcd.view?.members.map(({ version }) => version) ?? [];
}

const told = (world: RealWorld) => world.signals.map(({ status, instanceId }) => `${status} ${instanceId}`);

describe.concurrent('S66 releases of etcd, on real etcd', { timeout: 120_000 }, () => {
  test.for(RELEASES.filter(isStep))(
    `from ${FROM} to $version: members are replaced one after the other, and the stack is told of each`,
    async (release, { stage }) => {
      const world = await stage.grown(3);
      const before = await prepare(world, release);
      // A release of what runs already is told by one of them as well.
      for (const id of release === own ? before.slice(0, 1) : before) {
        world.terminate(id);
        await world.settleReal();
      }
      await world.expectVoters(world.alive());
      expect(await versionsOf(world)).toEqual([release.version, release.version, release.version]);
      const fresh = world.alive().filter((id) => !before.includes(id));
      expect(fresh).toHaveLength(release === own ? 1 : 3);
      expect(told(world)).toEqual(fresh.map((id) => `SUCCESS ${id}`));
    },
  );

  test.for(RELEASES.filter((release) => !isStep(release)))(
    `from ${FROM} to $version: the newcomer is given up, the stack is told, and the voters are as before`,
    async (release, { stage }) => {
      const world = await stage.grown(3, { graceSeconds: { unstarted: 120 } });
      const before = await prepare(world, release);
      world.desired = 4;
      const kinds = new Set<string>();
      for (let count = 0; count < 12 && world.signals.length === 0; count += 1) {
        for (const kind of kindsOf(await glance(world))) kinds.add(kind);
        world.skip(30);
      }
      world.desired = 3;
      expect(told(world)).toEqual([`FAILURE ${world.instances[3]?.id}`]);
      // An older etcd ends by itself; what it lets in is judged here.
      if (minorOf(release.version) > minorOf(FROM)) expect([...kinds]).toContain('versionStep');
      await glance(world);
      await world.expectVoters(before);
      expect(await versionsOf(world)).toEqual([FROM, FROM, FROM]);
    },
  );
});
