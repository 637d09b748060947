import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RegionStatus } from '../../../infra/local/fleet/status.ts';
import { FINE, TOLD } from '../../support/samples.ts';
import { openDirectory } from './region-directory.ts';

let region: ReturnType<typeof openDirectory>;

beforeEach(() => {
  region = openDirectory();
});

afterEach(() => region.close());

describe('without a region', () => {
  test.each([[['status']], [['fault', 'list']], [['fault', 'kill-etcd', 'leader']]])(
    '%s ends with 2 and one line',
    async (args) => {
      const { code, out, err } = await region.run(...args);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toBe(
        `etcd-autopilot: no local region is running in ${region.dir}; start one with: etcd-autopilot local up (or give its --dir)\n`,
      );
    },
  );

  test('that answers, because it still starts or hangs, the end is 2 as well', async () => {
    region.note('still starting');
    expect(await region.run('status')).toMatchObject({
      code: 2,
      err: expect.stringContaining('is still starting'),
    });
    region.note('http://127.0.0.1:9');
    expect(await region.run('status')).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not answer'),
    });
  });
});

describe('local status', () => {
  const instance: RegionStatus['groups'][number]['instances'][number] = {
    id: 'i-1',
    group: 'g',
    address: '127.42.1.10',
    zone: 'us-east-1a',
    state: 'Pending:Wait',
    ec2State: 'running',
    health: 'Healthy',
    templateVersion: '1',
    pid: 7,
    root: '/instances/i-1',
    etcd: 'frozen',
    notice: { kind: 'interruption', at: '2026-01-01T00:02:00.000Z' },
    hooks: [
      {
        name: 'launch',
        since: new Date(Date.now() - 12_000).toISOString(),
        deadline: '2026-01-01T00:30:00.000Z',
      },
    ],
  };
  const status: RegionStatus = {
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    groups: [
      {
        name: 'g',
        cluster: 'core',
        role: 'member',
        desired: 3,
        suspended: ['Launch'],
        instances: [instance],
      },
      { name: 'h', cluster: null, role: null, desired: 0, suspended: [], instances: [] },
    ],
    clusters: [
      {
        name: 'core',
        status: {
          generation: 3,
          clusterId: null,
          health: 'degraded',
          leader: null,
          voters: [{ name: 'i-1', id: '1', answers: false, ...FINE }],
          learners: [],
          waits: [{ kind: 'joinQueued', subject: null }],
          ...TOLD,
          at: 'today',
        },
      },
    ],
    faults: [],
    dns: {
      address: '127.42.1.2',
      ports: [53, 5300],
      zones: [{ id: 'Z1', name: 'example.com.', isPrivate: true, recordCount: 4 }],
    },
  };

  test('shows groups, machines, hooks, announcements, clusters, zones and faults', async () => {
    await region.serve(status);
    const { code, out } = await region.run('status');
    expect(code).toBe(0);
    expect(out).toContain('group g (cluster core, member) wants 3, has 1; suspended: Launch\n');
    expect(out).toMatch(
      /^i-1 {7}127\.42\.1\.10 {2}us-east-1a {2}Pending:Wait {2}running {2}Healthy {2}frozen$/m,
    );
    expect(out).toMatch(/^ {2}i-1 waits in launch since \S+ \(1[2-9] s\); the group goes on /m);
    expect(out).toContain('  i-1: interruption at 2026-01-01T00:02:00.000Z\n');
    expect(out).toContain(
      '  core: degraded, leader unknown, 0 of 1 voters answer, waits: joinQueued, published today\n',
    );
    expect(out).toContain('group h wants 0, has 0\n');
    expect(out).toContain('name server: dig @127.42.1.2 -p 53, or -p 5300\n');
    expect(out).toContain('  Z1 example.com. (private): 4 record sets\n');
    expect(out).toContain('no fault is in force\n');
  });

  test('prints all of it as JSON', async () => {
    await region.serve(status);
    const { code, out } = await region.run('status', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ pid: process.pid, startedAt: 'today', ...status });
  });
});
