import type { Command, Option } from 'commander';
import type { Control } from '../local/control-client.ts';
import { KINDS, type KindRule, readFault } from '../local/fleet/faults/kinds.ts';
import type { FaultView } from '../local/fleet/faults/register.ts';
import { reachRegion } from './local-region.ts';
import { tableText } from './table.ts';
import type { Terminal } from './terminal.ts';

interface FaultOptions {
  readonly count?: string;
  readonly seconds?: string;
  readonly type?: string;
  readonly group?: string;
  readonly dir: string;
  readonly json?: boolean;
}

const TARGETS: Readonly<Record<KindRule['target'], string>> = {
  instance: ' <instance>',
  zone: ' <zone>',
  api: ' <api>',
  none: '',
};

/** Adds `local fault`; `dirOption` says where the region is. */
export function addFaultCommand(local: Command, terminal: Terminal, dirOption: Option): void {
  local
    .command('fault')
    .description('Makes something go wrong in the local region, lists what is in force, or ends it.')
    .argument('<kind>', 'a fault, "list" or "clear"')
    .argument('[target]', 'what it is about; of "clear": the id of a fault (default: all)')
    .option('--count <number>', 'how often it strikes (default: until it is cleared)')
    .option('--seconds <number>', 'for how long, or after how long')
    .option('--type <text>', "a part of the events' detail-type")
    .option('--group <name>', 'of this Auto Scaling group only')
    .addOption(dirOption)
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', helpText())
    .action(async (kind: string, target: string | undefined, options: FaultOptions) => {
      const answer = await answerTo(kind, target, options, dirOption.defaultValue === options.dir);
      terminal.out(options.json === true ? `${JSON.stringify(answer.json, null, 2)}\n` : answer.text);
    });
}

interface Answer {
  readonly json: object;
  readonly text: string;
}

async function answerTo(
  kind: string,
  target: string | undefined,
  options: FaultOptions,
  isDefaultDir: boolean,
): Promise<Answer> {
  if (kind === 'list') return listed(reachRegion(options.dir).control);
  if (kind === 'clear') return cleared(reachRegion(options.dir).control, target ?? null);
  const { count, seconds, type, group } = options;
  const request = readFault({ kind, target, count, seconds, type, group });
  const done = await reachRegion(options.dir).control.fault(request);
  const where = done.id === null || isDefaultDir ? '' : ` --dir ${options.dir}`;
  return { json: done, text: `${done.text}; ${done.undo}${where}\n` };
}

async function listed(control: Control): Promise<Answer> {
  const json = await control.faults();
  return { json, text: json.faults.length === 0 ? 'no fault is in force\n' : faultsText(json.faults) };
}

async function cleared(control: Control, id: string | null): Promise<Answer> {
  const ended = await control.clear(id);
  const lines = ended.map((fault) => `ended ${fault.id}: ${fault.text}\n`);
  return { json: { cleared: ended }, text: lines.length === 0 ? 'no fault was in force\n' : lines.join('') };
}

/** Faults as a table. */
export function faultsText(faults: readonly FaultView[]): string {
  const rows = faults.map((fault) => [fault.id, String(fault.struck), remainsOf(fault), fault.text]);
  return tableText([['id', 'struck', 'remains', 'what'], ...rows]);
}

function remainsOf({ remains, until }: FaultView): string {
  if (remains !== null) return String(remains);
  return until === null ? 'until cleared' : `until ${until.slice(11, 19)}`;
}

function helpText(): string {
  const entries: readonly (readonly [string, KindRule])[] = Object.entries(KINDS);
  const rows = entries.map(([kind, { target, does, options }]) => [
    `  ${kind}${TARGETS[target]}`,
    options.length === 0 ? does : `${does} (${options.map((name) => `--${name}`).join(' ')})`,
  ]);
  return `
Faults:
${tableText(rows)}
An <instance> is its id, the beginning of it, "leader" or "follower" (as the cluster's status tells; with @<cluster>
behind it where there are several clusters). An <api> is <service> or <service>:<Operation>. Calls are struck at the
region's endpoint, where clients, functions and boot scripts pass, events on their way from the groups to the bus;
what the emulated services do among themselves is not.

  etcd-autopilot local fault freeze-etcd leader
  etcd-autopilot local fault lose-reply ssm:PutParameter --count 1
  etcd-autopilot local fault clear

Exit codes: 0 done, 2 a mistake in the input, nothing there that it could be done to, or no region is running.`;
}
