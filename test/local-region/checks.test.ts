import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../infra/cli/local-options.ts';
import { makeAuthority } from '../../infra/local/certificates.ts';
import { secure } from '../../infra/local/security.ts';
import { Zones } from '../infra/local/fixtures/zones.ts';
import { testEtcd } from '../support/answering-etcd.ts';
import { Calm } from './injected/calm.ts';
import type { InjectedFault, Outcome } from './injected/fault.ts';
import { type Ground, openGround, untilClean } from './injected/ground.ts';
import { ON_BACKUPS } from './injected/on-backups.ts';
import { onCertificates } from './injected/on-certificates.ts';
import { ON_ETCD } from './injected/on-etcd.ts';
import { ON_GROUPS } from './injected/on-groups.ts';
import { ON_MACHINES } from './injected/on-machines.ts';
import { ON_NAMES } from './injected/on-names.ts';
import { ON_RECORDS } from './injected/on-records.ts';
import { ON_RULES } from './injected/on-rules.ts';
import { onVersions } from './injected/on-versions.ts';
import { injectOne } from './injected/run.ts';
import { tableOf } from './injected/table.ts';
import { IS_LONG, tell } from './joined.ts';
import { openTheatre, type Theatre } from './stage.ts';

/** In `npm test` these; `npm run show -- faults` injects all there are, beside a cluster that must stay without a finding. */
const SHORT: readonly string[] = [
  'the published endpoints are edited by hand',
  'the launch hook is deleted',
  'the process Launch of the group is suspended',
  'the schedule of the cluster is disabled',
  'somebody holds the permit for disruptions',
  'the configuration is made invalid by hand',
];

const front = mkdtempSync(join(ROOT, '.local', 'front-'));
const { version, dir: etcdDir } = await testEtcd();
/** What was repaired is shown for some minutes: faults of one record come far apart. */
const isSecond = ({ name }: InjectedFault): boolean => name.includes('deleted');
const fades = ({ end }: InjectedFault): boolean => end === 'fades';
const PLAIN: readonly InjectedFault[] = [
  ...ON_RECORDS.filter((fault) => !isSecond(fault)),
  ...ON_GROUPS,
  ...ON_RULES,
  ...ON_MACHINES,
  ...onVersions({ version, etcdDir, frontDir: front }),
  ...ON_NAMES,
  ...ON_RECORDS.filter(isSecond),
  ...ON_ETCD.filter((fault) => !fades(fault)),
];
/** Faults of the whole region, and of backups, reach every cluster; and what fades is told for minutes. */
const LAST: readonly InjectedFault[] = [...ON_BACKUPS, ...ON_ETCD.filter(fades)];
/** Parts of names, to look into a few of them alone; `calm` is the cluster that nobody touches. */
const CHOSEN = (process.env['FAULTS'] ?? '').split(',').filter((word) => word !== '');
const isChosen = ({ name }: Pick<InjectedFault, 'name'>): boolean =>
  IS_LONG ? CHOSEN.length === 0 || CHOSEN.some((word) => name.includes(word)) : SHORT.includes(name);
const authority = makeAuthority('test authority');
const outcomes: Outcome[] = [];

let theatre: Theatre;
let ground: Ground;
let calm: Calm | null = null;

beforeAll(async () => {
  theatre = await openTheatre({}, [front]);
  if (!IS_LONG) {
    ground = await openGround({ theatre, cluster: await theatre.cluster('core', 3) });
  } else {
    const zones = new Zones(theatre.region);
    await zones.create();
    const named = { Domain: zones.name, Zone: zones.id.split('/').at(-1) ?? '', GateMaxLag: '50' };
    ground = await openGround({ theatre, zones, cluster: await theatre.cluster('core', 3, named) });
    if (isChosen({ name: 'calm' }))
      calm = new Calm(await openGround({ theatre, cluster: await theatre.cluster('calm', 3) }));
  }
  await ground.cluster.untilWhole(3, 90);
  await calm?.start();
});

afterAll(async () => {
  await calm?.stop();
  ground?.close();
  await theatre?.stop();
  rmSync(front, { recursive: true, force: true });
  if (outcomes.length > 0) process.stdout.write(`\n${tableOf(outcomes)}\n`);
});

test('a whole cluster has no finding', async () => {
  await untilClean(ground);
  const { code, out } = await ground.clients.cli('doctor', '--cluster', ground.name);
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('core: nothing') });
});

async function find(fault: InjectedFault): Promise<void> {
  const outcome = await injectOne(ground, fault).catch((error: unknown) => {
    process.stdout.write(`${String(error)}\n`); // a show is long: whoever watches should know at once
    throw error;
  });
  outcomes.push(outcome);
  expect(outcome.remedy).not.toBe('');
  expect(outcome.text).not.toBe('');
  tell('faults', { [`"${outcome.name}" found as`]: outcome.code, ms: Math.round(outcome.foundMs) });
}

describe('is found within one schedule, with a remedy:', () => {
  test.each(PLAIN.filter(isChosen).map((fault) => [fault.name, fault] as const))(
    '%s',
    async (_name, fault) => find(fault),
    400_000,
  );
});

function besideAllThese(): void {
  test('a cluster that nobody touches has no finding for ten minutes', async () => {
    if (calm === null) return; // only a few faults are looked into
    await calm.untilMinutes(10);
    expect(calm.findings).toEqual([]);
    tell('faults', { 'minutes without a finding': calm.minutes, looks: calm.looks });
  }, 700_000);

  describe('is found within one schedule, with a remedy:', () => {
    test.each(LAST.filter(isChosen).map((fault) => [fault.name, fault] as const))(
      '%s',
      async (_name, fault) => find(fault),
      400_000,
    );
  });

  describe('of a cluster with TLS', () => {
    const faults = onCertificates(authority).filter(isChosen);
    beforeAll(async () => {
      await calm?.stop();
      ground.close();
      const { region } = theatre;
      const asked = { cluster: 'safe', dir: region.dir, etcdDir, tls: true, auth: false };
      const { parameters } = await secure(region, { ...asked, authority });
      ground = await openGround({ theatre, cluster: await theatre.cluster('safe', 3, parameters) });
      await ground.cluster.untilWhole(3, 90);
    });
    test.each(faults.map((fault) => [fault.name, fault] as const))(
      '%s',
      async (_name, fault) => find(fault),
      400_000,
    );
  });
}

if (IS_LONG) describe('beside all these', besideAllThese);
