import { spawn } from 'node:child_process';
import type { Command, Option } from 'commander';
import type { InstanceView, RegionStatus } from '../local/fleet/status.ts';
import { onMachine } from '../local/on-machine.ts';
import { EXIT, Failure } from './failure.ts';
import { reachRegion } from './local-region.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
An <instance> is its id or the beginning of it. The command sees what the machine's own processes see: its files' directory,
its environment, its localhost and its names. On a worker, 127.0.0.1:2379 is etcd:

  etcd-autopilot local exec i-0a1b etcdctl member list

Ends with the exit code of the command; 2 when there is no such machine or region.`;

/** Adds `local exec`; `dirOption` says where the region is. */
export function addLocalExecCommand(
  local: Command,
  terminal: Terminal,
  dirOption: Option,
  ending: { code: number },
): void {
  local
    .command('exec')
    .description('Runs a command on a machine of the local region.')
    .argument('<instance>', 'the machine')
    .argument('<command...>', 'what to run there')
    .addOption(dirOption)
    .passThroughOptions()
    .addHelpText('after', HELP)
    .action(async (instance: string, command: readonly string[], options: { readonly dir: string }) => {
      const machine = machineIn(await reachRegion(options.dir).control.status(), instance);
      ending.code = await run(machine, command, terminal);
    });
}

type Machine = Pick<InstanceView, 'id' | 'root'> & { readonly pid: number };

function machineIn(status: RegionStatus, wanted: string): Machine {
  const all = status.groups.flatMap((group) => group.instances);
  const found = all.filter(({ id }) => id.startsWith(wanted));
  const [machine, other] = found;
  if (machine === undefined)
    throw new Failure(`no machine is called "${wanted}"; see: etcd-autopilot local status`);
  if (other !== undefined)
    throw new Failure(`"${wanted}" is the beginning of ${found.length} ids; give more of it`);
  const { pid } = machine;
  if (pid === null) throw new Failure(`${machine.id} is not running (${machine.ec2State})`);
  return { id: machine.id, root: machine.root, pid };
}

function run(machine: Machine, command: readonly string[], terminal: Terminal): Promise<number> {
  const { file, args, cwd, env } = onMachine(machine, command);
  return new Promise((done, fail) => {
    const child = spawn(file, args, { cwd, env, stdio: ['inherit', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => terminal.out(String(chunk)));
    child.stderr.on('data', (chunk) => terminal.err(String(chunk)));
    child.once('error', (error) =>
      fail(new Failure(`cannot run ${file} on ${machine.id}: ${error.message}`)),
    );
    child.once('close', (code) => done(code ?? EXIT.notHealthy));
  });
}
