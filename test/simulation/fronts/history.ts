import { TAG } from '../../../functions/core/names.ts';
import { randomFor } from '../history/random.ts';
import { judgeCalm, judgeDeleted } from './calm.ts';
import { EVENTS, FAULTS, GROUPS, type Moment, WEATHER } from './moments.ts';
import { FrontsWorld, ZONE_NAME } from './world.ts';

/** What a history came to. */
export interface FrontsOutcome {
  readonly seed: number;
  readonly violations: readonly string[];
  /** What the seed drew. */
  readonly swarm: readonly string[];
  readonly counts: FrontsCounts;
  readonly lines: readonly string[];
}

export interface FrontsCounts {
  readonly passes: number;
  readonly coalesced: number;
  readonly killed: number;
  readonly effects: number;
  readonly judged: number;
  readonly hooks: number;
  readonly seconds: number;
  readonly happened: Readonly<Record<string, number>>;
}

/** How long a storm lasts at most, in moments of some seconds each. */
const MOMENTS_MAX = 24;
/** Long enough for the longest hold, and for whoever takes a place. */
const CALM_SECONDS = 20 * 60;
const CALM_STEP_SECONDS = 60;

/** One storm and what comes after it. The same seed tells the same history. */
export async function playFronts(seed: number, tells = false): Promise<FrontsOutcome> {
  const random = randomFor(seed, 'fronts');
  const world = new FrontsWorld(randomFor(seed, 'world'));
  world.tells = tells;
  const isMild = randomFor(seed, 'mild').chance(0.2);
  const drawn = [...Object.keys(FAULTS), ...WEATHER].filter(() => random.chance(0.35));
  const swarm = drawn.filter((name) => !isMild || HARMLESS.has(name));
  // Whoever waits for the group to find out would be late.
  if (isMild) world.fleet.checkedMs = 240_000;
  const happened: Record<string, number> = {};
  begin(world, random.whole(1, 3));
  setWeather(world, new Set(swarm));
  world.judge.isCalmWeather = swarm.every((name) => HARMLESS.has(name));
  await world.pass(random.whole(20, 80));
  const momentCount = random.whole(6, MOMENTS_MAX);
  const faults = Object.entries(FAULTS).filter(([name]) => swarm.includes(name));
  for (let count = 0; count < momentCount; count += 1) {
    const isFault = faults.length > 0 && random.chance(0.45);
    const [name, moment] = random.pick(isFault ? faults : Object.entries(EVENTS)) ?? ['', NOTHING];
    const words = moment(world);
    if (words !== null) {
      happened[name] = (happened[name] ?? 0) + 1;
      world.tell(words);
    }
    await world.pass(random.whole(1, 30));
  }
  await end(world, random.chance(0.15));
  const { functions, judge, fleet, effectCount } = world;
  return {
    seed,
    violations: judge.violations,
    swarm,
    lines: world.lines,
    counts: {
      passes: functions.passCount,
      coalesced: functions.coalescedCount,
      killed: functions.killedCount,
      effects: effectCount,
      judged: judge.judgedCount,
      hooks: fleet.ends.length,
      seconds: (fleet.nowMs - Date.parse('2026-01-01T00:00:00Z')) / 1_000,
      happened,
    },
  };
}

/** What keeps no function from doing all its work within the minute. */
const HARMLESS: ReadonlySet<string> = new Set([
  'eventsLost',
  'eventsDoubled',
  'eventsLate',
  'coldStart',
  'keysForeign',
  'recordForeign',
  'recordsEdited',
  'keysEdited',
]);

const NOTHING: Moment = () => null;

function begin(world: FrontsWorld, groupCount: number): void {
  for (const [name, tags] of Object.entries(GROUPS).slice(0, groupCount))
    world.addGroup(name, world.random.whole(1, 3), tags);
}

function setWeather(world: FrontsWorld, swarm: ReadonlySet<string>): void {
  const { random } = world;
  world.mailFate = {
    lost: swarm.has('eventsLost') ? 0.5 : 0,
    doubled: swarm.has('eventsDoubled') ? 0.4 : 0,
    lateSeconds: swarm.has('eventsLate') ? 40 : 0,
  };
  world.drawTrouble = () => ({
    throttled: swarm.has('throttled') ? 0.05 : 0,
    unanswered: swarm.has('answersLost') ? 0.1 : 0,
    killedAt: swarm.has('killed') && random.chance(0.2) ? random.whole(2, 80) : null,
  });
}

/** The weather clears. Everything must agree then, and stay as it is; or the cluster is deleted. */
async function end(world: FrontsWorld, isDeleted: boolean): Promise<void> {
  const beganAtMs = world.fleet.nowMs;
  world.tell(isDeleted ? 'the storm is over, and the cluster is deleted' : 'the storm is over');
  setWeather(world, new Set());
  world.denied.clear();
  world.keys.hasQuorum = true;
  world.zone.busyCount = 0;
  world.zone.syncMs = 0;
  world.zone.zone = { name: ZONE_NAME, isPrivate: false };
  world.skewMs = 0;
  world.scheduleRestsUntilMs = 0;
  world.fleet.hidden.clear();
  world.configure({});
  for (const { tags, wish } of world.fleet.groups.values()) mend(tags, wish.tags ?? {});
  if (isDeleted) return judgeDeleted(world);
  while (world.fleet.nowMs - beganAtMs < CALM_SECONDS * 1_000) {
    await world.pass(CALM_STEP_SECONDS);
    if (judgeCalm(world).length === 0) break;
  }
  for (const words of judgeCalm(world)) world.judge.blame(`after the storm: ${words}`);
  await world.pass(2 * 60); // a finding is told for one more look
  const before = stillOf(world);
  await world.pass(3 * 60);
  if (stillOf(world) !== before) world.judge.blame('after the storm: there is no end of writing');
}

/** Tags as they were asked for at first. */
function mend(tags: Map<string, string>, wish: Readonly<Record<string, string>>): void {
  for (const tag of [TAG.metadata, TAG.drainSeconds, TAG.dnsTtl]) tags.delete(tag);
  for (const [tag, value] of Object.entries(wish)) tags.set(tag, value);
}

const stillOf = ({ keys, zone, parameters, fleet }: FrontsWorld): string =>
  JSON.stringify([keys.commits.length, zone.batches.length, [...parameters].sort(), fleet.ends.length]);
