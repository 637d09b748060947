import { describe, expect, test } from 'vitest';
import { endpointsEvent, OTHER_STACK, STACK, WORKERS_STACK, World } from './world.ts';

const ID = `core@${WORKERS_STACK}#endpoints`;
const ENDPOINTS = 'http://10.0.0.1:2379,http://10.0.0.2:2379';
const PEERS = 'i-0a=http://10.0.0.1:2380,i-0b=http://10.0.0.2:2380';

function published(): World {
  const world = new World();
  world.set('config', JSON.stringify({ version: 1, stackId: STACK }));
  world.set('endpoints', ENDPOINTS);
  world.set('peers', PEERS);
  return world;
}

describe('the endpoints of a cluster, at stack time', () => {
  test('are what is published now, and nothing is written or asked for', async () => {
    const world = published();
    const before = [...world.parameters];
    expect(await world.answer(endpointsEvent('Create'))).toEqual({
      status: 'SUCCESS',
      reason: 'read',
      physicalId: ID,
      attributes: { Endpoints: ENDPOINTS, Peers: PEERS, Domain: '' },
    });
    expect([...world.parameters]).toEqual(before);
    expect(world.looks).toEqual([]);
  });

  test('tell the domain where the cluster has one', async () => {
    const world = published();
    const dns = { domain: 'etcd.example.com', zone: 'Z1' };
    world.set('config', JSON.stringify({ version: 1, stackId: STACK, dns }));
    expect((await world.answer(endpointsEvent('Create'))).attributes['Domain']).toBe('etcd.example.com');
  });

  test('are waited for while the cluster is being founded', async () => {
    const world = published();
    world.parameters.delete('/etcd-autopilot/core/endpoints');
    world.onLook = (lookCount) => {
      if (lookCount === 3) world.set('endpoints', ENDPOINTS);
    };
    expect((await world.answer(endpointsEvent('Create'))).attributes['Endpoints']).toBe(ENDPOINTS);
    expect(world.looks).toHaveLength(3);
  });

  test('that never come fail after a minute, with what is missing and what to do', async () => {
    const world = published();
    world.parameters.delete('/etcd-autopilot/core/peers');
    const startedAtMs = world.nowMs;
    const answer = await world.answer(endpointsEvent('Create'));
    expect(answer).toMatchObject({ status: 'FAILED', physicalId: 'failed-request-Create' });
    expect(answer.reason).toContain(
      "cluster 'core' has no voter yet: after 60 seconds there is no /etcd-autopilot/core/peers;",
    );
    expect(world.nowMs - startedAtMs).toBeLessThanOrEqual(60_000);
  });

  test('of an unknown cluster, and of one that is being deleted, fail at once', async () => {
    const world = new World();
    expect((await world.answer(endpointsEvent('Create'))).reason).toBe(
      "there is no cluster 'core' in this account and region: create its stack first",
    );
    world.set('teardown', JSON.stringify({ at: 'noon', stackId: OTHER_STACK }));
    expect((await world.answer(endpointsEvent('Create'))).reason).toContain('is being deleted since noon');
    expect(world.looks).toEqual([]);
  });

  test('need the name of a cluster', async () => {
    const ResourceProperties = { Cluster: 'Core!' };
    const answer = await new World().answer(endpointsEvent('Create', { ResourceProperties }));
    expect(answer).toMatchObject({
      status: 'FAILED',
      reason: expect.stringContaining('Cluster must be a name'),
    });
  });

  test('are read again by an update, which never fails over a cluster that is gone', async () => {
    const world = new World();
    const update = endpointsEvent('Update', { PhysicalResourceId: ID });
    const startedAtMs = world.nowMs;
    expect(await world.answer(update)).toMatchObject({
      status: 'SUCCESS',
      physicalId: ID,
      attributes: { Endpoints: '' },
    });
    expect(world.nowMs, 'and does not wait for one').toBe(startedAtMs);
    const other = published();
    expect((await other.answer(update)).attributes['Endpoints']).toBe(ENDPOINTS);
  });

  test('leave nothing to delete', async () => {
    const world = published();
    const answer = await world.answer(endpointsEvent('Delete', { PhysicalResourceId: ID }));
    expect(answer).toMatchObject({ status: 'SUCCESS', physicalId: ID });
    expect(world.names()).toEqual(['config', 'endpoints', 'peers']);
  });
});
