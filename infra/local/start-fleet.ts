import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NameServer, startNameServer } from './dns/server.ts';
import { readZones, ZoneSource } from './dns/source.ts';
import { roleOf } from './fleet/clusters.ts';
import { launchFaults } from './fleet/faults/at-launch.ts';
import { FrontDoor } from './fleet/faults/front-door.ts';
import { Faults } from './fleet/faults/register.ts';
import { Groups } from './fleet/groups.ts';
import { Machines } from './fleet/machines.ts';
import type { Instance } from './fleet/model.ts';
import { Names } from './fleet/names.ts';
import { StageProxy } from './fleet/proxy.ts';
import { createEndpoint, type ServerContext } from './fleet/server.ts';
import { connectStage } from './fleet/stage-port.ts';
import { connectTargets } from './fleet/stage-targets.ts';
import { checkTarget } from './fleet/target-check.ts';
import { Targets } from './fleet/targets.ts';
import { StackService } from './fleet/updates/stack-service.ts';
import type { Guard } from './guard.ts';
import { claimRange, closeServer, listen } from './listening.ts';
import { canGiveNetworks } from './own-network.ts';
import type { Settings } from './region-settings.ts';
import type { Undo } from './undo.ts';

export const ACCOUNT = '000000000000';
/** The last bytes of addresses of the range: of the host on every link, as in a VPC; of a network that is only tried. */
const ROUTER_HOST = 1;
const PROBE_HOST = 3;
/** That of the name server, as in a VPC. */
const NAME_SERVER_HOST = 2;
/** The second one, for who may not take the first. */
const NAME_SERVER_PORTS = [53, 5300] as const;

interface Started {
  readonly stagePort: number;
  readonly endpoint: string;
  readonly guard: Guard;
}

/** Groups, machines, faults and names of a region whose stage runs. What it starts it gives to `undo`. */
export async function startFleet(settings: Settings, undo: Undo, started: Started): Promise<ServerContext> {
  const { dir, region, waits, log, hooksForGone, path } = settings;
  const { endpoint, guard } = started;
  const range = await claimRange();
  undo.add(() => range.lock.close());
  const zones = new ZoneSource(() => readZones(started.stagePort));
  const nameServer = await startNameServer({
    address: `${range.prefix}.${NAME_SERVER_HOST}`,
    ports: NAME_SERVER_PORTS,
    zones: () => zones.zones(),
  });
  undo.add(() => nameServer.close());
  const faults = new Faults();
  const door = new FrontDoor(faults);
  const stage = connectStage({ endpoint: `http://127.0.0.1:${started.stagePort}`, region, faults, log });
  undo.add(stage.close);
  const proxy = new StageProxy(started.stagePort);
  undo.add(() => proxy.close());
  const died = (id: string): void => {
    const instance = groups.instance(id);
    log(`${instance.groupName} ${id}: the machine is gone`);
    void groups.lifecycle.endMachine(instance, false);
  };
  const home = { dir: join(dir, 'instances'), addressPrefix: range.prefix };
  const atLaunch = launchFaults(faults, (id) => groups.instance(id).address);
  const names = new Names(join(dir, 'hosts'), region);
  const networks = await openNetworks(dir, endpoint, range.prefix, nameServer);
  const wantsNetwork = ({ groupName }: Instance): boolean => roleOf(groups.get(groupName)) === 'worker';
  const machines = new Machines({
    ...home,
    region,
    endpoint,
    path,
    guard,
    names,
    networks,
    wantsNetwork,
    died,
    faults: atLaunch,
  });
  const balancers = connectTargets(`http://127.0.0.1:${started.stagePort}`);
  const targets = new Targets(balancers, checkTarget, log);
  const groups = new Groups({ stage, targets, machines, waits, hooksForGone, region, account: ACCOUNT, log });
  undo.add(() => machines.stopAll());
  undo.add(() => faults.clearAll());
  undo.add(() => groups.stop());
  log(`the local region answers at ${endpoint}; instances live in ${range.prefix}.0/24`);
  log(`its zones: dig @${nameServer.address} -p ${nameServer.ports[0]}`);
  const { events } = stage;
  const dns = { address: nameServer.address, ports: nameServer.ports, zones: () => zones.zones() };
  const stacks = new StackService(groups);
  undo.add(() => stacks.stop());
  const context = {
    groups,
    stacks,
    machines,
    waits,
    proxy,
    faults,
    door,
    stage,
    events,
    dns,
    targets,
    endpoint,
    endpointForAll: networks?.endpoint ?? endpoint,
    region,
    log,
  };
  if (networks !== null) await listenInside(context, networks.router, undo);
  return context;
}

/** Null where this process may give machines no network of their own. */
async function openNetworks(dir: string, endpoint: string, prefix: string, { address, ports }: NameServer) {
  const router = `${prefix}.${ROUTER_HOST}`;
  const resolvConf = ports.includes(53) ? join(dir, 'resolv.conf') : null;
  if (resolvConf !== null) writeFileSync(resolvConf, `nameserver ${address}\n`);
  const networks = { router, resolvConf, endpoint: `http://${router}:${new URL(endpoint).port}` };
  return (await canGiveNetworks(networks, `${prefix}.${PROBE_HOST}`)) ? networks : null;
}

/** The region's endpoint once more, where machines reach it whose 127.0.0.1 is their own. */
async function listenInside(context: ServerContext, router: string, undo: Undo): Promise<void> {
  const server = createEndpoint(() => context);
  await listen(server, Number(new URL(context.endpoint).port), false, router);
  undo.add(() => closeServer(server));
}
