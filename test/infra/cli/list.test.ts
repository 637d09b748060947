import { describe, expect, test } from 'vitest';
import { coreStack, groupOf, openFakeCloud, stackOf, workersStack } from './fake-cloud.ts';
import { run } from './run.ts';

describe('list', () => {
  const status = JSON.stringify({
    generation: 1,
    clusterId: '1',
    health: 'healthy',
    leader: 'i-1',
    voters: [
      { name: 'i-1', id: '1', answers: true },
      { name: 'i-2', id: '2', answers: true },
    ],
    learners: [],
    waits: [],
    at: '2026-01-01T00:00:00.000Z',
  });
  const parameters = new Map([['/etcd-autopilot/core/status', status]]);
  const whole = [coreStack('core'), workersStack('core', 'r3')];
  const groups = [
    groupOf('etcd-autopilot-core', 'member', ['i-1', 'i-2']),
    { ...groupOf('etcd-autopilot-core-r3', 'worker', ['i-3']), metadata: 'role=worker', desired: 2 },
    groupOf('theirs', 'worker', [], 'their-stack'),
  ];

  test('shows clusters and workers with sizes, health and states, also groups of other stacks', async () => {
    const { code, out } = await run(['list'], {
      cloud: openFakeCloud({ stacks: whole, groups, parameters }),
    });
    expect(code).toBe(0);
    expect(out).toMatch(/^core +healthy +2 of 2 +2 of 2 +t3\.medium +etcd-autopilot-core +CREATE_COMPLETE$/m);
    expect(out).toMatch(
      /^r3 +core +1 of 2 +t3\.medium +role=worker +etcd-autopilot-core-r3 +CREATE_COMPLETE$/m,
    );
    expect(out).toMatch(/^theirs +core +0 of 0 +- +- +- +-$/m);
  });

  test('ends with 1 when a cluster is not healthy or a stack is not whole', async () => {
    const unknown = openFakeCloud({ stacks: whole, groups });
    expect(await run(['list'], { cloud: unknown })).toMatchObject({
      code: 1,
      out: expect.stringMatching(/core +unknown/),
    });
    const broken = [coreStack('core'), workersStack('core', 'r3', { status: 'ROLLBACK_COMPLETE' })];
    expect(
      await run(['list'], { cloud: openFakeCloud({ stacks: broken, groups, parameters }) }),
    ).toMatchObject({ code: 1 });
    const busy = [coreStack('core', { status: 'UPDATE_IN_PROGRESS' })];
    expect(await run(['list'], { cloud: openFakeCloud({ stacks: busy, groups, parameters }) })).toMatchObject(
      { code: 0 },
    );
  });

  test('prints the list itself with --json', async () => {
    const { out } = await run(['list', '--json'], {
      cloud: openFakeCloud({ stacks: whole, groups, parameters }),
    });
    expect(JSON.parse(out)).toMatchObject({
      clusters: [
        {
          name: 'core',
          health: 'healthy',
          voterCount: 2,
          answeringCount: 2,
          stack: { name: 'etcd-autopilot-core', status: 'CREATE_COMPLETE' },
          groups: [{ name: 'etcd-autopilot-core', desired: 2, inServiceCount: 2 }],
          workers: [
            { name: 'r3', metadata: 'role=worker', group: { desired: 2, inServiceCount: 1 } },
            { name: 'theirs', stack: null },
          ],
        },
      ],
    });
  });

  test('says what to do where there is nothing', async () => {
    const { code, out } = await run(['list'], { cloud: openFakeCloud({ stacks: [stackOf('other')] }) });
    expect({ code, out }).toEqual({
      code: 0,
      out: 'there is no cluster; launch one with: etcd-autopilot launch\n',
    });
  });
});
