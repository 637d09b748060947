import { parseBackupMessage } from '../../../functions/core/backup/messages.ts';
import type { ObjectLook } from '../../../functions/core/backup/object-port.ts';
import { OperationError } from '../../../functions/core/errors.ts';
import type { EtcdPort, Machine } from '../../../functions/core/ports.ts';
import type { RecoveryPort } from '../../../functions/core/recovery/port.ts';
import type { Ports } from '../../../functions/engine/ports.ts';
import { etcdAtOnce } from '../etcd/fake-etcd-port.ts';
import { type AtOnce, type Calls, callsOf } from './calls.ts';
import type { FakeWorld } from './fake-world.ts';
import { scalingPort } from './scaling-port.ts';
import { PATH } from './state.ts';

type CapturePort = Pick<RecoveryPort, 'askForCapture'>;

/** Of a standard parameter. */
const VALUE_BYTES_MAX = 4_096;

type AwsPort = 'scaling' | 'machines' | 'stacks' | 'parameters' | 'secrets' | 'queue' | 'events';
type AwsPorts = { readonly [Name in AwsPort]: AtOnce<Ports[Name]> };

/** Everything that the functions of one world can ask of it. */
export type Services = { readonly [Name in AwsPort]: Calls<Ports[Name]> } & {
  readonly etcd: Calls<EtcdPort>;
  readonly objects: Calls<ObjectLook>;
  readonly captures: Calls<CapturePort>;
};

export function servicesOf(world: FakeWorld): Services {
  const aws = awsPorts(world);
  return {
    scaling: callsOf(aws.scaling, 'scaling'),
    machines: callsOf(aws.machines, 'machines'),
    stacks: callsOf(aws.stacks, 'stacks'),
    parameters: callsOf(aws.parameters, 'parameters'),
    secrets: callsOf(aws.secrets, 'secrets'),
    queue: callsOf(aws.queue, 'queue'),
    events: callsOf(aws.events, 'events'),
    etcd: callsOf(etcdAtOnce(world.etcd), 'etcd'),
    objects: callsOf<ObjectLook>(objectPort(world), 'objects'),
    captures: callsOf<CapturePort>(capturePort(world), 'captures'),
  };
}

/** What AWS does for the world, completely and at once; what stands before each call makes it fail. */
function awsPorts(world: FakeWorld): AwsPorts {
  return {
    scaling: scalingPort(world),
    machines: machinePort(world),
    stacks: {
      isDeleting: ({ physicalId }) => world.stackDeletes && physicalId === world.groupName,
      signal: (signal) => {
        if (!world.stackWaits) return 'notWaiting';
        world.signals.push(signal);
        world.effect(`signal ${signal.status}`);
        return 'sent';
      },
    },
    parameters: parameterPort(world),
    secrets: {
      read: (names) => new Map([...world.secrets].filter(([name]) => names.includes(name))),
    },
    queue: {
      askForLook: (_cluster, body) => {
        world.looks.push(body);
        world.mail.ask(world, body);
      },
      keepUnreadable: (_cluster, body) => {
        world.looks.push(`unreadable ${body}`);
      },
    },
    events: {
      publish: (events) => {
        world.events.push(...events);
      },
    },
  };
}

function machinePort(world: FakeWorld): AwsPorts['machines'] {
  return {
    describe: (ids) => describe(world, ids),
    endings: (ids) =>
      new Map(
        world.instances.flatMap(({ id, ending }) =>
          ending !== null && ids.includes(id) ? [[id, ending]] : [],
        ),
      ),
  };
}

const NOT_FOUND: Machine = { kind: 'notFound' };

function describe(world: FakeWorld, ids: readonly string[]): ReadonlyMap<string, Machine> {
  if (world.replicas.machines.lag === null) return new Map(ids.map((id) => [id, machineOf(world, id)]));
  const everyId = () => new Map(world.instances.map(({ id }) => [id, machineOf(world, id)]));
  const known = world.replicas.machines.read(world.nowMs, everyId);
  return new Map(ids.map((id) => [id, known.get(id) ?? NOT_FOUND]));
}

function machineOf(world: FakeWorld, id: string): Machine {
  const found = world.instances.find((instance) => instance.id === id);
  if (found === undefined || world.forgotten.has(id)) return NOT_FOUND;
  const { state, launchedAtMs, endedAtMs, address, zone } = found;
  const { unknownSeconds, addresslessSeconds, memorySeconds } = world.times;
  const ageSeconds = (world.nowMs - launchedAtMs) / 1_000;
  const endedSeconds = (world.nowMs - endedAtMs) / 1_000;
  if (ageSeconds < unknownSeconds || endedSeconds > memorySeconds) return NOT_FOUND;
  const hasAddress = state === 'running' && ageSeconds >= addresslessSeconds && !world.addressless.has(id);
  return { kind: 'known', state, privateIp: hasAddress ? address : null, launchedAtMs, zone };
}

function parameterPort(world: FakeWorld): AwsPorts['parameters'] {
  const { parameters } = world;
  const put = (name: string, value: string, verb: string) => {
    needRoom(name, value);
    const short = name.slice(PATH.length);
    parameters.set(name, value);
    world.effect(`${verb} ${short}`);
  };
  return {
    readAll: (path) => world.replicas.parameters.read(world.nowMs, () => parameters.under(path)),
    create: (name, value) => {
      if (parameters.has(name)) return 'exists';
      put(name, value, 'create');
      return 'created';
    },
    write: (name, value) => put(name, value, 'write'),
    remove: (names) => {
      for (const name of names) parameters.delete(name);
      world.effect('remove parameters');
    },
  };
}

const objectPort = ({ bucket }: FakeWorld): AtOnce<ObjectLook> => ({
  readText: (key) => bucket.textOf(key),
  list: (prefix) => bucket.list(prefix),
});

/** Backup answers a capture when it is done, if it is up. */
const capturePort = (world: FakeWorld): AtOnce<CapturePort> => ({
  askForCapture: (_cluster, body) => {
    const parsed = parseBackupMessage(body);
    if (!parsed.ok || parsed.message.kind !== 'capture') throw new Error(`backup cannot read ${body}`);
    world.backups.capture(world, parsed.message);
    world.effect('ask for a capture');
  },
});

/** As the adapter says it: Parameter Store takes no more, and nothing empty. */
function needRoom(name: string, value: string): void {
  const bytes = Buffer.byteLength(value);
  if (bytes > 0 && bytes <= VALUE_BYTES_MAX) return;
  const words = `a parameter holds 1 to ${VALUE_BYTES_MAX} bytes, ${name} would hold ${bytes}`;
  throw new OperationError('CONFIG_INVALID', 'never', words, { name, bytes });
}
