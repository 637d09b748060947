import { arch, cpus, release, type } from 'node:os';
import packageJson from '../../package.json' with { type: 'json' };
import { lineOf } from '../cli/failure.ts';
import { STACK } from '../cli/local-up.ts';
import type { Region } from '../local/region.ts';
import { deleteStack } from '../local/stacks.ts';
import { openEtcdHttp } from './etcd-http.ts';
import { fullSteps, SILENT_GRACE_SECONDS } from './full-steps.ts';
import { judge } from './judge.ts';
import { strengthOf } from './lanes.ts';
import { openLooker } from './look.ts';
import { Recorder } from './recorder.ts';
import type { Recording, StepRecord } from './recording.ts';
import { openStage } from './stage.ts';
import { basicSteps, CLUSTER, GROUP, type Scene } from './steps.ts';
import { runStory, type StoryStep, type ToldStep } from './story.ts';
import { openTeller } from './told.ts';
import { Writer } from './writer.ts';

export interface DemoOptions {
  readonly isFull: boolean;
  readonly etcdVersion: string;
  readonly say: (line: string) => void;
}

const DELETION: Pick<StoryStep, 'name' | 'about' | 'limits'> = {
  name: 'delete the stack',
  about:
    'CloudFormation deletes the cluster with its instances running. The intent is recorded first, under it every hook is let go, and nothing of the cluster stays.',
  limits: { gapMsMax: null, keepsQuorum: false },
};

/** Tells the story under load, on a region of its own, and brings back all that was seen of it. */
export async function runDemo(region: Region, options: DemoOptions): Promise<Recording> {
  const { endpoint, region: name } = region;
  const stage = openStage({ endpoint, region: name, cluster: CLUSTER, group: GROUP });
  const teller = openTeller({ endpoint, region: name, stack: STACK, cluster: CLUSTER });
  const looker = openLooker({ endpoint, group: GROUP, stage });
  const recorder = new Recorder(looker, teller);
  const etcd = openEtcdHttp();
  const writer = new Writer(etcd, async () => (await stage.see()).endpoints);
  const tell = (line: string): void => {
    recorder.note(line);
    options.say(`   ${line}`);
  };
  try {
    recorder.start();
    writer.start();
    const grace = { SilentGraceSeconds: String(SILENT_GRACE_SECONDS) };
    const scene = { region, stage, tell, parameters: options.isFull ? grace : {} };
    const told = await tellStory(scene, options, recorder, writer);
    return await recordingOf(region, options, recorder, writer, told);
  } finally {
    await writer.stop();
    for (const one of [etcd, looker, teller, stage]) one.close();
  }
}

interface Told {
  readonly steps: readonly ToldStep[];
  readonly lost: readonly number[];
  readonly error: string | null;
}

/** A step that throws ends the story as one that does not converge: what was seen until then is the report. */
async function tellStory(
  scene: Scene,
  { say, isFull }: DemoOptions,
  recorder: Recorder,
  writer: Writer,
): Promise<Told> {
  const { stage } = scene;
  const steps: ToldStep[] = [];
  let lost: readonly number[] = [];
  try {
    const plan = isFull ? [...basicSteps(scene), ...fullSteps(scene)] : basicSteps(scene);
    const onChange = () => recorder.nudge();
    await runStory({ stage, writer, say, onChange, onStep: (step) => steps.push(step) }, plan);
    await writer.stop(); // what is acknowledged after the reading would look lost
    lost = await writer.lostByStep();
    const isWhole = steps.length === plan.length && steps.every(({ wholeMs }) => wholeMs !== null);
    if (isWhole) steps.push(await deletionStep(scene.region, say));
    return { steps, lost, error: null };
  } catch (error) {
    return { steps, lost, error: lineOf(error) };
  }
}

/** Deletes the cluster's stack with its instances running. */
async function deletionStep(region: Region, say: (line: string) => void): Promise<ToldStep> {
  say(`== ${DELETION.name}`);
  const fromMs = performance.now();
  const isDone = await deleteStack(region, { name: GROUP }).then(
    () => true,
    (error: unknown) => {
      say(`   ${lineOf(error)}`);
      return false;
    },
  );
  const toMs = performance.now();
  if (isDone) say(`   gone after ${((toMs - fromMs) / 1_000).toFixed(1)} s`);
  const step: StoryStep = { ...DELETION, desired: 0, act: async () => [] };
  return { step, fromMs, wholeMs: isDone ? toMs : null, toMs, ackedWrites: 0, longestGapMs: null };
}

async function recordingOf(
  region: Region,
  options: DemoOptions,
  recorder: Recorder,
  writer: Writer,
  told: Told,
): Promise<Recording> {
  const seen = await recorder.stop();
  const strengths = strengthOf(seen);
  const at = (nowMs: number): number => recorder.sinceStart(nowMs);
  const steps = told.steps.map((one, index): StepRecord => {
    const { step, ackedWrites, longestGapMs } = one;
    const [fromMs, toMs] = [at(one.fromMs), at(one.toMs)];
    const wholeMs = one.wholeMs === null ? null : at(one.wholeMs);
    const lostWrites = told.lost[index] ?? 0;
    const outcome = { fromMs, toMs, wholeMs, ackedWrites, longestGapMs, lostWrites };
    const problems = judge(outcome, step.limits, strengths, step.name !== DELETION.name);
    const deeds = recorder.deedsBetween(fromMs, toMs);
    return { name: step.name, about: step.about, limits: step.limits, deeds, problems, ...outcome };
  });
  return {
    format: 1,
    ...seen,
    command: options.isFull ? 'npm run demo -- --full' : 'npm run demo',
    setting: { etcd: options.etcdVersion, facts: factsOf(region, options) },
    steps,
    writes: writer.writes.map(([sentMs, tookMs, acked]) => [at(sentMs), Math.round(tookMs * 10) / 10, acked]),
    error: told.error,
  };
}

function factsOf(
  { waits }: Region,
  { etcdVersion, isFull }: DemoOptions,
): readonly (readonly [string, string])[] {
  const grace = isFull ? `${SILENT_GRACE_SECONDS} s, instead of 300 s` : '300 s';
  const processors = cpus();
  return [
    ['etcd-autopilot', packageJson.version],
    ['etcd', etcdVersion],
    ['Grace of a silent voter', grace],
    ['Instances boot in', `${waits.bootMs} ms`],
    ['Instances end in', `${waits.terminationMs} ms`],
    ['Health is checked every', `${waits.healthCheckMs} ms`],
    [
      'Machine',
      `${processors.length} × ${processors[0]?.model ?? 'processor'}, ${type()} ${release()} ${arch()}`,
    ],
    ['Node', process.version],
  ];
}
