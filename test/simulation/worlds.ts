import { runCare } from './care/run.ts';
import { runFronts } from './fronts/run.ts';
import { runGates } from './gates/run.ts';
import type { Terminal } from './history/options.ts';
import { runSimulation } from './history/run.ts';

/** `--world fronts` plays DNS and registry, `gates` updates and reboots, `care` snapshots; without it, or with `cluster`, membership is played. */
export function runWorld(args: readonly string[], terminal: Terminal): Promise<number> {
  const at = args.findIndex((arg) => arg === '--world' || arg.startsWith('--world='));
  if (at === -1) return runSimulation(args, terminal);
  const isJoined = args[at]?.includes('=') === true;
  const world = isJoined ? args[at]?.slice('--world='.length) : args[at + 1];
  const rest = [...args.slice(0, at), ...args.slice(at + (isJoined ? 1 : 2))];
  if (world === 'fronts') return runFronts(rest, terminal);
  if (world === 'gates') return runGates(rest, terminal);
  if (world === 'care') return runCare(rest, terminal);
  if (world === 'cluster') return runSimulation(rest, terminal);
  terminal.err(`there is no world "${world ?? ''}"; --world is cluster (default), fronts, gates or care\n`);
  return Promise.resolve(2);
}
