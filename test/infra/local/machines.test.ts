import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Machines } from '../../../infra/local/fleet/machines.ts';
import type { Instance } from '../../../infra/local/fleet/model.ts';
import { Names } from '../../../infra/local/fleet/names.ts';
import { killGroup } from '../../../infra/local/fleet/processes.ts';

const PREFIX = '127.77.5';
const place = { zone: 'us-east-1a', subnetId: '', vpcId: '' };

let dir: string;
let watched: number[];
let machines: Machines;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-machines-'));
  watched = [];
  machines = new Machines({
    dir: join(dir, 'instances'),
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    path: [],
    guard: {
      watch: (group) => void watched.push(group),
      forget: () => undefined,
      close: async () => undefined,
    },
    names: new Names(join(dir, 'hosts'), 'us-east-1'),
    addressPrefix: PREFIX,
    networks: null,
    wantsNetwork: () => false,
    died: () => undefined,
    faults: { addressToReuse: () => null, brokenBoot: () => null },
  });
});

afterEach(async () => {
  await machines.stopAll();
  expect(watched.filter((group) => killGroup(group, 0))).toEqual([]);
  rmSync(dir, { recursive: true, force: true });
});

function instanceOf(id: string): Instance {
  const template = {
    id: 'lt-1',
    name: 't',
    version: '1',
    userDataText: '#!/bin/sh\nexit 0\n',
    imageId: 'ami-1',
    instanceType: 'c7g.large',
    profile: null,
  };
  return {
    id,
    groupName: 'g',
    address: machines.allocate(),
    place,
    template,
    tags: [],
    state: 'Pending',
    ec2State: 'running',
    health: 'Healthy',
    actions: [],
    notice: null,
    launchedAtMs: Date.now(),
    terminatedAtMs: null,
    protectedFromScaleIn: false,
    inServiceAtMs: null,
    activity: {
      id: 'a',
      groupName: 'g',
      instanceId: id,
      description: 'Launching',
      cause: 'a test',
      startedAtMs: 0,
      place,
      endedAtMs: null,
      status: 'InProgress',
      message: '',
    },
  };
}

test('a machine that was booting when its region ended does not come up any more', async () => {
  const booting = machines.start(instanceOf('i-0a'));
  await machines.stopAll();
  await booting;
  expect(machines.pidOf('i-0a')).toBeNull();
  expect(watched).toEqual([]);
});

test('nor does one that is only now to boot, or to come back from a reboot', async () => {
  await machines.start(instanceOf('i-0a'));
  expect(machines.pidOf('i-0a')).toBe(watched[0]);
  const back = machines.reboot('i-0a', 0);
  await machines.stopAll();
  await back;
  await machines.start(instanceOf('i-0b'));
  expect([machines.pidOf('i-0a'), machines.pidOf('i-0b')]).toEqual([null, null]);
  expect(watched).toHaveLength(1);
});
