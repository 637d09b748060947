import type { Command } from 'commander';
import type { Cloud } from '../cloud/ports.ts';
import { clusterNameOf } from '../cluster-command.ts';
import { Failure } from '../failure.ts';
import { addLaunching, type LaunchOptions, launch } from '../launch.ts';
import { EXIT_CODES, REACH, type Setting } from '../stacks/command.ts';
import { bring, judgeSource, uriOf } from './source.ts';

type RestoreOptions = LaunchOptions & { readonly cluster: string; readonly from: string };

const HELP = `
The snapshot is judged first: a file here, or an object without a manifest, is read whole. A file is uploaded below the new
cluster's part of the bucket of snapshots. Then it is a launch, with all options of "etcd-autopilot launch": the first
member restores the snapshot, the others join it. Revisions start a thousand million later, so that no client takes a
revision of before for one of after. A cluster of that name must not exist: to bring back one that lost its members, see
"etcd-autopilot recover".

  etcd-autopilot restore --cluster blue --from s3://bucket/etcd-autopilot/core/snapshots/2026-11-21T10-00-00Z-4711.db
  etcd-autopilot restore --cluster blue --from snapshot.db --size 5 --yes
${REACH} They need to read the snapshot and to write below the new cluster's part of the bucket.
${EXIT_CODES}`;

/** Adds `restore`. */
export function addRestore(program: Command, setting: Setting, defaultStack: string): void {
  const command = program
    .command('restore')
    .description('Launches a new cluster that begins with the data of a snapshot.')
    .requiredOption('--cluster <name>', 'name of the new cluster')
    .requiredOption('--from <snapshot>', 'a file as "etcdctl snapshot save" writes it, or s3://bucket/key');
  addLaunching(command, defaultStack)
    .addHelpText('after', HELP)
    .action((options: RestoreOptions) => restore(options, setting));
}

async function restore(options: RestoreOptions, setting: Setting): Promise<void> {
  const { from, cluster: name, dryRun } = options;
  const cluster = clusterNameOf(name);
  await launch({ ...options, name: cluster }, setting, async (cloud, given, say) => {
    say(`looking at ${from}\n`);
    const judged = await judgeSource(from, cloud.openBucket);
    const bucket = await bucketOf(cloud, options.stack, given);
    const target = { bucket, prefix: given.get('BackupPrefix') ?? 'etcd-autopilot/', cluster };
    say(`it is a whole snapshot of ${judged.sizeBytes} bytes, with SHA-256 ${judged.sha256}\n`);
    const isUploaded = judged.uri === null && dryRun !== true;
    if (isUploaded) say(`uploading it to ${uriOf(target, judged)}\n`);
    const source = isUploaded
      ? await bring(from, judged, target, cloud.openBucket)
      : { ...judged, uri: uriOf(target, judged) };
    return new Map([
      ['RestoreFrom', source.uri],
      ['RestoreSha256', source.sha256],
      ['RestoreSizeBytes', String(source.sizeBytes)],
    ]);
  });
}

/** The one that the new cluster keeps its snapshots in: its machines may read there. */
async function bucketOf(cloud: Cloud, stack: string, given: ReadonlyMap<string, string>): Promise<string> {
  const named = given.get('BackupBucket') ?? 'none';
  if (named !== 'none') return named;
  const bucket = (await cloud.stacks.find(stack))?.outputs.get('SnapshotBucket');
  if (bucket) return bucket;
  throw new Failure(`stack ${stack} has no output SnapshotBucket: deploy its newest version`);
}
