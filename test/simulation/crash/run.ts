import { decodeMemory, type Memory } from '../../../functions/core/memory.ts';
import { KEY } from '../../../functions/core/names.ts';
import { FakeWorld } from '../world/fake-world.ts';
import type { Fault } from './crash.ts';
import { Functions } from './crash-world.ts';
import type { CrashStory } from './stories.ts';

/** Between two messages of a quiet cluster. */
const WAIT_SECONDS = 5;
/** The same where a dead owner's permit has to end first. */
const PERMIT_SECONDS = 21;

/** How one run of a story ended. */
export interface CrashRun {
  /** What must be the same after every run. */
  readonly end: unknown;
  readonly effects: readonly string[];
  readonly hit: string | null;
  /** Broken rules, and whatever was still written when all was done. */
  readonly violations: readonly string[];
}

/** Tells a story, with a fault at its `k`-th effect, or with none. */
export async function tell(story: CrashStory, fault: Fault, k?: number): Promise<CrashRun> {
  const world = new FakeWorld(story.size);
  const functions = new Functions(world, story.functionSeconds);
  const settle = () => settled(world, functions);
  if (story.isGrown) await settle();
  functions.crash.arm(fault, k);
  await story.happen(world, settle);
  await settle();
  const effects = [...functions.crash.effects];
  const stillness = await stir(world, functions);
  return {
    end: { world: world.endState(), memory: evidenceIn(world), permit: permitOf(world), told: toldOf(world) },
    effects,
    hit: functions.crash.hit,
    violations: [...new Set([...world.etcd.violations, ...stillness])],
  };
}

function settled(world: FakeWorld, functions: Functions): Promise<void> {
  return functions.until(
    (report) => world.parameters.size === 0 || (!world.isTearingDown() && report?.outcome === 'settled'),
    () => wait(world),
  );
}

function wait(world: FakeWorld): void {
  const seconds = permitOf(world) === 'free' ? WAIT_SECONDS : PERMIT_SECONDS;
  for (let second = 0; second < seconds; second += 1) world.tick();
}

/** One more look at a world in which nothing is left to do, and what it wrote all the same. */
async function stir(world: FakeWorld, functions: Functions): Promise<readonly string[]> {
  if (world.parameters.size === 0) return []; // the cluster is gone, and with it what could be looked at
  const before = functions.crash.effects.length;
  wait(world);
  await functions.take('{"etcdAutopilot":1,"request":"look","from":"test"}');
  return functions.crash.effects.slice(before).map((name) => `${name} although all was done`);
}

/** Whose evidence the memory holds: nobody's, when all is done. When that was differs from run to run. */
function evidenceIn(world: FakeWorld): readonly string[] {
  const memory: Memory = decodeMemory(world.etcd.keys.get(KEY.state) ?? null);
  const { missingSinceMs, unstartedSinceMs, laggingSinceMs, silentSinceMs } = memory;
  return [missingSinceMs, unstartedSinceMs, laggingSinceMs, silentSinceMs].flatMap(Object.keys);
}

/** What the stack knows: to be told twice is to be told. */
const toldOf = ({ signals }: FakeWorld): readonly string[] =>
  [...new Set(signals.map(({ status, instanceId }) => `${status} ${instanceId}`))].sort();

const permitOf = ({ etcd, nowMs }: FakeWorld): string =>
  etcd.permit !== null && etcd.permit.expiresAtMs >= nowMs ? etcd.permit.owner : 'free';
