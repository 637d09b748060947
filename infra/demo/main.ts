import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { lineOf } from '../cli/failure.ts';
import { ROOT } from '../cli/local.ts';
import { STACK } from '../cli/local-up.ts';
import { ensurePackaged } from '../cli/package-project.ts';
import { onSignals } from '../cli/signals.ts';
import { obtainEtcd } from '../etcd/obtain-etcd.ts';
import { defaultNetwork, deployAutopilot, deployCluster } from '../local/deploy.ts';
import { type Region, startRegion } from '../local/region.ts';
import { deleteStack } from '../local/stacks.ts';
import { openEtcdHttp } from './etcd-http.ts';
import { type DemoReport, type StepResult, tableOf } from './report.ts';
import { openStage, type Sighting, type Stage } from './stage.ts';
import { runStory, type StoryStep } from './story.ts';
import { Writer } from './writer.ts';

const CLUSTER = 'demo';
const GROUP = `etcd-autopilot-${CLUSTER}`;
const startedMs = performance.now();

function say(line: string): void {
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6);
  process.stdout.write(`${seconds}  ${line}\n`);
}

/** The story under load, on a region of its own. */
async function runDemo(region: Region, etcdVersion: string): Promise<DemoReport> {
  const { endpoint, region: name } = region;
  const stage = openStage({ endpoint, region: name, cluster: CLUSTER, group: GROUP });
  const etcd = openEtcdHttp();
  const writer = new Writer(etcd, async () => (await stage.see()).endpoints);
  try {
    writer.start();
    const results = await runStory({ stage, writer, say }, storyOf(region, stage));
    await writer.stop(); // what is acknowledged after the reading would look lost
    const lost = await writer.lostByStep();
    const steps = results.map((step, index) => ({ ...step, lostWrites: lost[index] ?? 0 }));
    const isWholeStory = steps.every((step) => step.secondsToFullStrength !== null);
    const last = isWholeStory ? [await deletionStep(region)] : [];
    return reportOf(region, etcdVersion, [...steps, ...last]);
  } finally {
    await writer.stop();
    etcd.close();
    stage.close();
  }
}

function storyOf(region: Region, stage: Stage): readonly StoryStep[] {
  return [
    { name: 'create the stacks, 3 voters', desired: 3, act: () => createStacks(region) },
    { name: 'an instance dies without notice', desired: 3, act: (sight) => dieWithoutNotice(region, sight) },
    {
      name: 'the leader is terminated through its hook',
      desired: 3,
      act: (sight) => terminateLeader(stage, sight),
    },
    { name: '3 to 5 voters', desired: 5, act: () => scaleTo(stage, 5) },
    { name: '5 to 3 voters', desired: 3, act: () => scaleTo(stage, 3) },
  ];
}

async function createStacks(region: Region): Promise<null> {
  const network = await defaultNetwork(region);
  const place = { VpcId: network.vpcId, SubnetIds: network.subnetIds.join(',') };
  say('   deploying the autopilot');
  await deployAutopilot(region, {
    packageDir: join(ROOT, '.serverless'),
    stackName: STACK,
    parameters: place,
  });
  say('   deploying the cluster');
  await deployCluster(region, {
    stackName: GROUP,
    templateText: await readFile(join(ROOT, '.build', 'cluster.yml'), 'utf8'),
    parameters: { ...place, Cluster: CLUSTER, Size: '3', AutopilotStack: STACK },
  });
  return null;
}

/** The worst case: the one that dies leads, so an election is in the gap. */
async function dieWithoutNotice(region: Region, sight: Sighting): Promise<string> {
  const victim = sight.status?.leader ?? '';
  say(`   the power of ${victim} goes, it leads`);
  await region.groups.lifecycle.endMachine(region.groups.instance(victim), false);
  return victim;
}

async function terminateLeader(stage: Stage, sight: Sighting): Promise<string> {
  const leader = sight.status?.leader ?? '';
  say(`   terminating ${leader}, it leads`);
  await stage.terminate(leader);
  return leader;
}

async function scaleTo(stage: Stage, count: number): Promise<null> {
  await stage.setDesired(count);
  return null;
}

/** Deletes the cluster's stack with its instances running. */
async function deletionStep(region: Region): Promise<StepResult> {
  const name = 'delete the stack';
  say(`== ${name}`);
  const beginMs = performance.now();
  const isDone = await deleteStack(region, { name: GROUP }).then(
    () => true,
    (error: unknown) => {
      say(`   ${lineOf(error)}`);
      return false;
    },
  );
  const seconds = (performance.now() - beginMs) / 1_000;
  if (isDone) say(`   gone after ${seconds.toFixed(1)} s`);
  return {
    name,
    secondsToFullStrength: isDone ? seconds : null,
    longestGapMs: null,
    ackedWrites: 0,
    lostWrites: 0,
  };
}

function reportOf(region: Region, etcd: string, steps: readonly StepResult[]): DemoReport {
  const { bootMs, terminationMs, healthCheckMs } = region.waits;
  const isWhole = steps.length === 6 && steps.every((step) => step.secondsToFullStrength !== null);
  const isLossless = steps.every((step) => step.lostWrites === 0) && steps[0]?.ackedWrites !== 0;
  const platform = { kind: 'local region', instanceBootMs: bootMs, terminationMs, healthCheckMs };
  return { ok: isWhole && isLossless, etcd, platform, steps };
}

async function main(options: { readonly report?: string; readonly dir: string }): Promise<number> {
  let region: Region | null = null;
  const signals = onSignals(async () => region?.stop());
  try {
    await ensurePackaged(ROOT, say);
    const etcd = await obtainEtcd({ say });
    region = await startRegion({
      dir: options.dir,
      installDir: join(ROOT, '.local'),
      path: [etcd.dir],
      signals: false,
      log: say,
    });
    const report = await runDemo(region, etcd.version);
    if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
    const { instanceBootMs, terminationMs, healthCheckMs } = report.platform;
    process.stdout.write(
      `\n${tableOf(report)}\n\netcd ${report.etcd}; the local region's instances boot in ${instanceBootMs} ms, `,
    );
    process.stdout.write(`end in ${terminationMs} ms and are checked every ${healthCheckMs} ms\n`);
    process.stdout.write(
      report.ok
        ? 'every step converged, nothing was lost\n'
        : 'FAILED: a step did not converge, or writes were lost\n',
    );
    return report.ok ? 0 : 1;
  } catch (error) {
    if (signals.isStopping()) return signals.never;
    process.stderr.write(`demo: ${lineOf(error)}\n`);
    return 1;
  } finally {
    await region?.stop();
  }
}

const command = new Command('demo')
  .description(
    'Tells the story of an etcd cluster on a local region, under load: it forms, loses members, grows, shrinks and goes.',
  )
  .option('--report <file>', 'write the closing table as JSON, too')
  .option('--dir <folder>', 'where the region lives', join(ROOT, '.local', 'demo'));
command.parse();
process.exitCode = await main(command.opts());
