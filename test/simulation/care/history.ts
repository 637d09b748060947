import { type Random, randomFor } from '../history/random.ts';
import { calmDown, judgeTidiness, missingIn } from './calm.ts';
import { serve } from './functions.ts';
import { FAULTS, troubleOf, WEATHER } from './moments.ts';
import { CareWorld, CLUSTER, PATH } from './world.ts';

/** What a history came to. */
export interface CareOutcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly swarm: readonly string[];
  readonly counts: {
    readonly judged: Readonly<Record<string, number>>;
    readonly happened: Readonly<Record<string, number>>;
    readonly snapshots: number;
  };
  readonly lines: readonly string[];
}

const STEPS_MAX = 60;
/** Two days more, in which what nobody finished becomes old enough to go. */
const REST_HOURS = 54;
const REST_STEP_HOURS = 3;

const configOf = (random: Random): Readonly<Record<string, unknown>> => ({
  version: 1,
  size: 3,
  scheme: 'http',
  clientPort: 2379,
  peerPort: 2380,
  graceSeconds: {
    bootstrap: 300,
    unstarted: 300,
    silent: 300,
    restarting: 900,
    catchingUp: 3_600,
    replacement: 90,
  },
  removeForeign: false,
  frozen: false,
  stackId: 'stack',
  recovery: 'manual',
  backup: {
    intervalMinutes: random.oneOf(5, 30, 60),
    keepHourly: random.whole(0, 4),
    keepDaily: random.whole(0, 2),
    keepWeekly: random.whole(1, 2),
  },
});

/** Hours or days of one cluster's snapshots, with what a seed draws. The same seed tells the same history. */
export async function playCare(seed: number, tells = false): Promise<CareOutcome> {
  const random = randomFor(seed, 'care');
  const world = new CareWorld(randomFor(seed, 'world'), configOf(random));
  world.tells = tells;
  const config = world.parameters.get(`${PATH}config`) ?? '';
  const swarm = [...Object.keys(FAULTS), ...WEATHER].filter(() => random.chance(0.3));
  const happened: Record<string, number> = {};
  world.storm = troubleOf(new Set(swarm));
  await live(world, random, swarm, happened);
  calmDown(world, config);
  await settle(world, Object(world.configOf()['backup']).intervalMinutes);
  const { judged, violations } = world.judge;
  const snapshots = world.events.filter((event) => event === 'Backup Completed').length;
  return { seed, violations, swarm, counts: { judged, happened, snapshots }, lines: world.lines };
}

async function live(
  world: CareWorld,
  random: Random,
  swarm: readonly string[],
  happened: Record<string, number>,
): Promise<void> {
  const faults = Object.entries(FAULTS).filter(([name]) => swarm.includes(name));
  const stepCount = random.whole(20, STEPS_MAX);
  for (let step = 0; step < stepCount && world.judge.violations.length === 0; step += 1) {
    world.pass(random.oneOf(1, 1, 2, 5, 20, 60, 300));
    const [name, moment] = (random.chance(0.35) ? random.pick(faults) : null) ?? ['', () => null];
    const words = moment(world);
    if (words !== null) {
      happened[name] = (happened[name] ?? 0) + 1;
      world.tell(`!! ${words}`);
    }
    const copies = swarm.includes('messagesDoubled') && random.chance(0.3) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) schedule(world);
    await serve(world);
  }
}

function schedule(world: CareWorld): void {
  const nonce = world.nonce();
  world.mail.backup.push(
    JSON.stringify({ etcdAutopilot: 1, request: 'backup', cluster: CLUSTER, from: 'schedule', nonce }),
  );
}

/** Within an interval and some minutes all must be told as it is; then nothing is written that says nothing new. */
async function settle(world: CareWorld, intervalMinutes: number): Promise<void> {
  const { judge } = world;
  const taken = (): number => world.events.filter((event) => event === 'Backup Completed').length;
  const before = taken();
  for (let minute = 0; minute < intervalMinutes + 15 && judge.violations.length === 0; minute += 1) {
    world.pass(1);
    schedule(world);
    await serve(world);
  }
  const missing = missingIn(world, intervalMinutes);
  judge.rule(
    'B7',
    missing.length > 0,
    () => `${intervalMinutes + 15} calm minutes later ${missing.join('; ')}`,
  );
  const count = taken() - before;
  // The one that was due, perhaps one more that was asked for, and the next.
  judge.rule(
    'B7',
    count > 4,
    () => `${count} snapshots in ${intervalMinutes + 15} minutes, of one every ${intervalMinutes}`,
  );
  for (let hour = 0; hour < REST_HOURS && judge.violations.length === 0; hour += REST_STEP_HOURS) {
    world.pass(REST_STEP_HOURS * 60);
    schedule(world);
    await serve(world);
  }
  if (judge.violations.length > 0) return;
  judgeTidiness(world);
  const text = world.parameters.get(`${PATH}backup`);
  const writes = judge.judged.B4;
  schedule(world);
  await serve(world);
  const isTold = world.parameters.get(`${PATH}backup`) === text && judge.judged.B4 > writes;
  judge.rule('B7', isTold, () => 'the parameter is written again, and says the same');
}
