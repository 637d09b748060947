import type { Command, Option } from 'commander';
import type { Cluster } from '../local/fleet/clusters.ts';
import type { GroupView, InstanceView, RegionStatus } from '../local/fleet/status.ts';
import { faultsText } from './local-fault.ts';
import { reachRegion } from './local-region.ts';
import { section, tableText } from './table.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
What the platform of this machine shows: groups and machines with their etcd processes, hooks, hosted zones and where to
ask for their names, faults in force, and the last status that the autopilot published of each cluster. For the cluster as it is now: etcd-autopilot status.
Exit codes: 0 the region runs, 2 it does not.`;

/** Adds `local status`; `dirOption` says where the region is. */
export function addLocalStatusCommand(local: Command, terminal: Terminal, dirOption: Option): void {
  local
    .command('status')
    .description('Shows whether the local region runs, its groups and machines, and the faults in force.')
    .addOption(dirOption)
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', HELP)
    .action(async ({ dir, json }: { readonly dir: string; readonly json?: boolean }) => {
      const { record, control } = reachRegion(dir);
      const status = await control.status();
      const since = { pid: record.pid, startedAt: record.startedAt };
      terminal.out(
        json === true
          ? `${JSON.stringify({ ...since, ...status }, null, 2)}\n`
          : localStatusText(status, record.pid, Date.now()),
      );
    });
}

/** The region's status for people. */
export function localStatusText(status: RegionStatus, pid: number, nowMs: number): string {
  const instances = status.groups.flatMap((group) => group.instances);
  return [
    `the local region is up: ${status.endpoint} (${status.region}, process ${pid})\n`,
    ...status.groups.map(groupText),
    section(
      'hooks',
      instances.flatMap((instance) => hookLines(instance, nowMs)),
    ),
    section('announced', instances.flatMap(noticeLine)),
    section('clusters', status.clusters.map(clusterLine)),
    dnsText(status.dns),
    status.faults.length === 0
      ? '\nno fault is in force\n'
      : `\nfaults in force\n${faultsText(status.faults)}`,
  ].join('');
}

function dnsText({ address, ports, zones }: RegionStatus['dns']): string {
  const lines = zones.map(
    ({ id, name, isPrivate, recordCount }) =>
      `${id} ${name}${isPrivate ? ' (private)' : ''}: ${recordCount} record sets`,
  );
  return `\nname server: dig @${address} -p ${ports.join(', or -p ')}\n${section('zones', lines)}`;
}

const HEADING = ['instance', 'address', 'zone', 'lifecycle', 'ec2', 'health', 'etcd'];

function groupText({ name, cluster, role, desired, suspended, instances }: GroupView): string {
  const owner = cluster === null ? '' : ` (cluster ${cluster}${role === null ? '' : `, ${role}`})`;
  const off = suspended.length === 0 ? '' : `; suspended: ${suspended.join(', ')}`;
  const rows = instances.map((one) => [
    one.id,
    one.address,
    one.zone,
    one.state,
    one.ec2State,
    one.health,
    one.etcd,
  ]);
  const table = rows.length === 0 ? '' : tableText([HEADING, ...rows]);
  return `\ngroup ${name}${owner} wants ${desired}, has ${instances.length}${off}\n${table}`;
}

function hookLines({ id, hooks }: InstanceView, nowMs: number): readonly string[] {
  const seconds = (text: string): number => Math.round(Math.abs(nowMs - Date.parse(text)) / 1_000);
  return hooks.map(
    ({ name, since, deadline }) =>
      `${id} waits in ${name} since ${since} (${seconds(since)} s); the group goes on in ${seconds(deadline)} s`,
  );
}

function noticeLine({ id, notice }: InstanceView): readonly string[] {
  return notice === null ? [] : [`${id}: ${notice.kind} at ${notice.at}`];
}

function clusterLine({ name, status }: Cluster): string {
  if (status === null) return `${name}: no status published yet`;
  const { health, leader, voters, learners, waits, at } = status;
  const answering = voters.filter((voter) => voter.answers).length;
  const told = waits.map(({ kind }) => kind).join(', ');
  return [
    `${name}: ${health}, leader ${leader ?? 'unknown'}, ${answering} of ${voters.length} voters answer`,
    learners.length === 0 ? '' : `, learners: ${learners.map((learner) => learner.name).join(', ')}`,
    told === '' ? '' : `, waits: ${told}`,
    `, published ${at}`,
  ].join('');
}
