import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEtcd } from '../../functions/adapters/etcd/open.ts';
import { encodeClaim } from '../../functions/core/claim.ts';
import { type LonelyEtcd, openLonelyEtcd } from '../adapters/etcd/lonely-etcd.ts';
import { RegistryScene } from '../simulation/fronts/registry-world.ts';
import { etcdBinDir } from '../support/etcd-process.ts';
import { runEtcdctl } from '../support/etcdctl.ts';
import { RoomStage } from './room-stage.ts';

let lonely: LonelyEtcd;
beforeAll(async () => {
  lonely = await openLonelyEtcd();
}, 60_000);
afterAll(() => lonely.end());

/** The scene, with its first member at the real etcd. */
function stageAt({ etcd }: LonelyEtcd): RoomStage {
  const scene = new RegistryScene();
  const [member = ''] = Object.keys(scene.keys.founders);
  const members = { [member]: etcd.peerUrl };
  const claim = { number: 1, token: 'lonely', members, claimedAt: '2026-01-01T00:00:00Z', clusterId: null };
  scene.parameters.set(scene.path('bootstrap'), encodeClaim(claim));
  const hosts: typeof scene.fleet.hosts = {
    describeHosts: async (ids) => {
      const known = new Map(await scene.fleet.hosts.describeHosts(ids));
      const host = known.get(member);
      if (host !== undefined && host !== 'notFound')
        known.set(member, { ...host, privateIp: etcd.settings.address });
      return known;
    },
  };
  return new RoomStage({ hosts, openEtcd: (access) => openEtcd({ ...access, deadlineMs: 2_000 }) }, scene);
}

test('etcdctl lists every machine with its metadata, and its services, as long as it is in service', async () => {
  const binDir = await etcdBinDir();
  const way = { binDir, endpoints: [lonely.etcd.clientUrl], tls: null, user: null };
  const stage = stageAt(lonely);
  const etcdctl = (...args: readonly string[]) => runEtcdctl(way, args);
  const [first = '', second = ''] = stage.scene.serve('web', 2);
  await etcdctl('put', '/services/web/mine', '10.9.9.9:80');
  await stage.send({});
  const machines = await etcdctl('get', '--prefix', '/etcd-autopilot/machines/', '--keys-only');
  expect(machines.split('\n').filter((line) => line !== '')).toHaveLength(5);
  const told = await etcdctl('get', `/etcd-autopilot/machines/${first}`, '--print-value-only');
  expect(JSON.parse(told)).toMatchObject({ id: first, group: 'web', metadata: { role: 'web' } });
  const services = () => etcdctl('get', '--prefix', '/services/web/', '--print-value-only');
  expect(await services()).toBe('10.0.0.4:80\n10.0.0.5:80\n10.9.9.9:80\n');

  stage.scene.fleet.terminate(stage.scene.fleet.instance(first));
  stage.scene.pass(2);
  await stage.send({});
  expect(stage.scene.fleet.ends).toMatchObject([{ by: 'completed', hook: { instanceId: first } }]);
  expect(await services()).toBe('10.0.0.5:80\n10.0.0.6:80\n10.9.9.9:80\n');
  expect(await etcdctl('get', '--prefix', '/etcd-autopilot/leaving/')).toBe('');

  await etcdctl('del', `/services/web/${second}:80`);
  await stage.send({});
  expect(await services()).toBe('10.0.0.5:80\n10.0.0.6:80\n10.9.9.9:80\n');
  expect(stage.linesOf('finding.told').map(({ kind }) => kind)).toEqual(['keysForeign', 'edited']);
  expect(stage.linesOf('room.failed')).toEqual([]);
});
