import { lineOf } from '../cli/failure.ts';
import type { FloorCluster } from './floor-cluster.ts';
import { type Measured, measure, RUN_MS_MAX } from './measure.ts';
import type { Observer } from './observer.ts';
import type { OurCluster } from './our-cluster.ts';
import { callsOf, passesOf, type StepMark, stepsOf } from './passes.ts';
import { breakdownOf, knowableMs, type PassSpan, platformWaits, type StateChange } from './platform.ts';
import type { Queue } from './queue.ts';
import type { Run, RunEvent } from './result.ts';
import type { Deed, FloorDeed, Story } from './story.ts';

/** What the wall clock shows at 0 of the monotonic one. */
const originMs = (): number => Date.now() - performance.now();
/** A hook's event that was sent a moment before the run belongs to it. */
const LOG_MARGIN_MS = 1_000;

/** One repetition on a cluster of the autopilot's. */
export interface OurRun {
  readonly measured: Measured | null;
  readonly settledMs: number | null;
  readonly deed: Deed | null;
  readonly changes: readonly StateChange[];
  readonly passes: readonly PassSpan[];
  readonly steps: readonly StepMark[];
  readonly error: string | null;
}

const BROKEN = { measured: null, settledMs: null, deed: null, changes: [], passes: [], steps: [] } as const;

/** Never throws: what broke it off is told in it. */
export async function runOurs(
  story: Story,
  name: string,
  cluster: OurCluster,
  queue: Queue,
): Promise<OurRun> {
  const { fleet, size } = cluster;
  const startedWallMs = Date.now() - LOG_MARGIN_MS;
  const isFounded = story.change !== null;
  const subject = {
    name,
    size,
    isFounded,
    listEndpoints: () => cluster.endpoints(),
    views: () => fleet.views(),
  };
  let settledAtMs: number | null = null;
  try {
    const { measured, deed, isSettled } = await measure<Deed>(
      subject,
      (observer) => actOn(story, cluster, observer),
      async ({ gone, isOver }) => {
        const isRest = await cluster.untilAtRest(queue, gone, RUN_MS_MAX, isOver ?? (async () => true));
        settledAtMs = performance.now();
        return isRest;
      },
    );
    const log = await cluster.teller.log(startedWallMs);
    return {
      measured,
      deed,
      settledMs: isSettled && settledAtMs !== null ? settledAtMs - deed.fromMs : null,
      changes: fleet.since(deed.beganMs ?? deed.fromMs),
      passes: passesOf(log, originMs()),
      steps: stepsOf(log, originMs()),
      error: isSettled ? null : `it did not converge within ${RUN_MS_MAX / 1_000} s`,
    };
  } catch (error) {
    return { ...BROKEN, error: lineOf(error) };
  }
}

async function actOn(story: Story, cluster: OurCluster, observer: Observer): Promise<Deed> {
  if (story.change === null) return { fromMs: await cluster.found(), gone: [] };
  const { region, stage } = cluster;
  const instances = (await stage.see()).instances.map(({ id }) => id);
  const update = (parameters: Readonly<Record<string, string>>) => cluster.update(parameters);
  return story.change.ours({ region, stage, observer, instances, update });
}

/** The same by hand, on plain etcd processes. @throws {Error} etcd refused a step for too long. */
export async function runFloor(story: Story, name: string, cluster: FloorCluster): Promise<Measured> {
  const subject = {
    name,
    size: story.size,
    isFounded: story.change !== null,
    listEndpoints: async () => cluster.endpoints,
    views: () => cluster.views,
  };
  const act = async (observer: Observer): Promise<FloorDeed> => {
    if (story.change !== null) return story.change.floor({ cluster, observer });
    const fromMs = performance.now();
    cluster.found(story.size);
    return { fromMs, gone: [], leftOver: [] };
  };
  const { measured, deed } = await measure(subject, act, async () => true);
  await cluster.discard(...deed.leftOver);
  return measured;
}

/** Puts both sides together. Pure. */
export function runOf(story: Story, ours: OurRun, floor: Measured | null): Run {
  const { measured, deed, changes, passes, steps } = ours;
  const fromMs = deed?.fromMs ?? 0;
  const strengthMs = measured?.strengthMs ?? null;
  const within = { fromMs, toMs: fromMs + (strengthMs ?? 0) };
  const given = deed?.given ?? [];
  const isRefresh = story.isRefresh === true;
  const { platformMs, byKind } = breakdownOf(platformWaits({ changes, passes, given, isRefresh }, within));
  const [lost, ...others] = deed?.gone ?? [];
  const knownAtMs = lost === undefined || others.length > 0 ? null : knowableMs(changes, lost);
  const knownMs = knownAtMs === null ? null : knownAtMs - fromMs;
  const floorStrengthMs = floor?.strengthMs ?? null;
  const own = passes.filter(({ toMs }) => toMs >= (deed?.beganMs ?? fromMs));
  return {
    strengthMs,
    gapMs: measured?.gapMs ?? null,
    floorStrengthMs,
    floorGapMs: floor?.gapMs ?? null,
    platformMs,
    platform: byKind,
    oursMs:
      strengthMs === null || floorStrengthMs === null ? null : strengthMs - platformMs - floorStrengthMs,
    knowableMs: knownMs,
    afterKnowableMs: strengthMs === null || knownMs === null ? null : strengthMs - knownMs,
    quorumLostMs: measured?.quorumLostMs ?? 0,
    floorQuorumLostMs: floor?.quorumLostMs ?? 0,
    fewestVoters: measured?.fewestVoters ?? null,
    writableMs: measured?.writableMs ?? null,
    floorWritableMs: floor?.writableMs ?? null,
    settledMs: ours.settledMs,
    lost: (measured?.lost ?? 0) + (floor?.lost ?? 0),
    writes: measured?.writes ?? 0,
    failedWrites: measured?.failedWrites ?? 0,
    passes: own.length,
    looks: own.reduce((sum, { lookCount }) => sum + lookCount, 0),
    calls: callsOf(own),
    events: eventsOf(fromMs, changes, own, steps, strengthMs),
    error: ours.error ?? (floor === null ? 'the floor was not measured' : null),
  };
}

function eventsOf(
  fromMs: number,
  changes: readonly StateChange[],
  passes: readonly PassSpan[],
  steps: readonly StepMark[],
  strengthMs: number | null,
): readonly RunEvent[] {
  const all: readonly RunEvent[] = [
    ...changes.map(({ atMs, instanceId, state, ec2State }): RunEvent => {
      return { atMs, of: 'platform', what: `${instanceId} ${state} ${ec2State}` };
    }),
    ...passes.flatMap((pass): readonly RunEvent[] => [
      { atMs: pass.fromMs, of: 'pass', what: 'begins' },
      { atMs: pass.toMs, of: 'pass', what: `ends after ${pass.lookCount} looks` },
    ]),
    ...steps.map(({ atMs, kind, isRefused }): RunEvent => {
      return { atMs, of: 'step', what: isRefused ? `${kind} (refused)` : kind };
    }),
  ];
  const since = all.map((event) => ({ ...event, atMs: Math.round(event.atMs - fromMs) }));
  const reached: readonly RunEvent[] =
    strengthMs === null ? [] : [{ atMs: Math.round(strengthMs), of: 'strength', what: 'full strength' }];
  return [...since, ...reached].filter(({ atMs }) => atMs >= -LOG_MARGIN_MS).sort((a, b) => a.atMs - b.atMs);
}
