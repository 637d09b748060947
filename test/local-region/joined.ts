import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instance } from '../../infra/local/fleet/model.ts';
import { onMachine } from '../../infra/local/on-machine.ts';
import type { Region } from '../../infra/local/region.ts';
import { Zones } from '../infra/local/fixtures/zones.ts';
import { type Clients, openClients, type Ran, run } from './clients.ts';
import { openTheatre, type Theatre, until } from './stage.ts';

/** Whether the long shows are asked for: `npm run show`. */
export const IS_LONG = process.env['SHOW'] === 'long';

/** A region with a hosted zone, whose stacks the operator's command line makes. */
export interface Joined {
  readonly theatre: Theatre;
  readonly clients: Clients;
  readonly zones: Zones;
  /** Id of the zone, without its path. */
  readonly zoneId: string;
  /** Runs the command line. @throws it does not end well */
  cli(...args: readonly string[]): Promise<Ran>;
  /** Runs a command on a machine, as its own processes see the world. */
  on(id: string, ...command: readonly string[]): Promise<Ran>;
  /** The ids of so many instances in service, as soon as there are exactly that many, and nobody leaves. */
  inService(group: string, count: number, seconds: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openJoined(): Promise<Joined> {
  const theatre = await openTheatre();
  const { region } = theatre;
  const clients = openClients(theatre);
  const zones = new Zones(region);
  await zones.create();
  return {
    theatre,
    clients,
    zones,
    zoneId: zones.id.split('/').at(-1) ?? '',
    cli: async (...args) => {
      const ran = await clients.cli(...args);
      if (ran.code !== 0) throw new Error(`${args.join(' ')} ended with ${ran.code}: ${ran.out}${ran.err}`);
      return ran;
    },
    on: (id, ...command) => commandsOn(region, id)(...command),
    inService: (group, count, seconds) => inService(region, group, count, seconds),
    close: async () => {
      clients.close();
      zones.client.destroy();
      await theatre.stop();
    },
  };
}

/** Runs commands on a machine, as its own processes see the world. */
export const commandsOn =
  ({ machines }: Region, id: string) =>
  (...command: readonly string[]): Promise<Ran> => {
    const machine = { pid: machines.pidOf(id) ?? 0, root: machines.rootOf(id) };
    const { file, args, env } = onMachine(machine, command);
    return run(file, args, env);
  };

/** The ids of so many instances in service, as soon as there are exactly that many, and nobody leaves. */
export async function inService(
  region: Region,
  group: string,
  count: number,
  seconds: number,
): Promise<readonly string[]> {
  const all = () => region.groups.get(group).instances;
  await until(`${count} in service in ${group}`, seconds, async () => {
    const states = all().map(({ state }) => state);
    return states.length === count && states.every((state) => state === 'InService');
  }).catch((error: unknown) => {
    const lives = all().map((one) => lifeOf(region, one));
    throw new Error(`${String(error)}\n${lives.join('\n')}`);
  });
  return all().map(({ id }) => id);
}

/** Where an instance stands, and the last that its console says. */
function lifeOf({ machines }: Region, { id, state, actions }: Instance): string {
  const path = join(machines.rootOf(id), 'console.log');
  const said = existsSync(path) ? readFileSync(path, 'utf8').slice(-1_500) : '';
  return `${id} ${state} ${actions.map(({ hook }) => hook.name).join()}\n${said}`;
}

/** One line of figures, to be quoted. */
export function tell(show: string, figures: Readonly<Record<string, string | number>>): void {
  const words = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`show ${show}: ${words.join(', ')}\n`);
}

/** For `launch`: nobody waits until the cluster has been calm for some time. */
export const CALM = ['--parameter', 'GateStableSeconds=0'] as const;
