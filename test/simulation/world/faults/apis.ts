import { OperationError } from '../../../../functions/core/errors.ts';
import type { Fault } from '../../history/fault.ts';
import type { Random } from '../../history/random.ts';
import type { FakeWorld } from '../fake-world.ts';
import type { FakeInstance } from '../instance.ts';
import type { Trouble } from '../state.ts';
import { allOf } from './fault.ts';
import { isSpared } from './targets.ts';

const SERVICES = ['AutoScaling', 'Ec2', 'ParameterStore', 'Queue', 'Events'] as const;
type Service = (typeof SERVICES)[number];

const PORTS: Readonly<Record<Service, string>> = {
  AutoScaling: 'scaling',
  Ec2: 'machines',
  ParameterStore: 'parameters',
  Queue: 'queue',
  Events: 'events',
};

const METHODS: Readonly<Record<Service, readonly string[]>> = {
  AutoScaling: [
    'listGroups',
    'listHooks',
    'listActivities',
    'listWarmPool',
    'heartbeat',
    'complete',
    'reportUnhealthy',
    'endInstance',
    'cancelRefresh',
    'tagGroup',
  ],
  Ec2: ['describe', 'endings'],
  ParameterStore: ['readAll', 'create', 'write', 'remove'],
  Queue: ['askForLook', 'keepUnreadable'],
  Events: ['publish'],
};

/** What effects of a service are called whose replies may be lost. */
const EFFECTS: Partial<Readonly<Record<Service, RegExp>>> = {
  AutoScaling: /^(?:complete|report|end|tag)/,
  ParameterStore: /^(?:create|write|remove) /,
};

const throttled = () => new OperationError('AWS_THROTTLED', 'nextLook', 'rate exceeded');
const denied = () => new OperationError('AWS_DENIED', 'never', 'not authorized');
const failed = () => new OperationError('AWS_UNAVAILABLE', 'nextLook', 'the service failed');
const gone = () => new OperationError('AWS_GONE', 'nextLook', 'AutoScalingGroup name not found');
const refused = () => new OperationError('CONFIG_INVALID', 'never', 'a parameter holds 1 to 4096 bytes');
/** What an adapter makes of a page that does not come, or of an answer with holes. */
const partial = () => new OperationError('AWS_UNAVAILABLE', 'nextLook', 'answered without all pages');

/** Some calls of a service fail: of one API or of all, every time or at times. */
function troubling(service: Service, about: string, make: () => OperationError): Fault {
  return {
    about,
    apply: (world, random) => {
      const method = random.chance(0.5) ? random.pick(METHODS[service]) : null;
      const prefix = `${PORTS[service]}.${method ?? ''}`;
      const chance = random.chance(0.5) ? 1 : 0.3 + random.fraction() / 2;
      return trouble(world, (call) => (call.startsWith(prefix) && random.chance(chance) ? make() : null));
    },
  };
}

function trouble(world: FakeWorld, what: Trouble): () => void {
  world.troubles.add(what);
  return () => {
    world.troubles.delete(what);
  };
}

/** Its answers take seconds, and at times longer than anybody waits. */
const slow = (service: Service): Fault => ({
  about: `${service} answers slowly, and at times too late`,
  apply: (world, random) =>
    trouble(world, (call) => {
      if (!call.startsWith(`${PORTS[service]}.`)) return null;
      const ms = random.whole(200, 6_000);
      world.spend(ms);
      return ms > 5_000 ? failed() : null;
    }),
});

const deaf = (service: Service, effects: RegExp): Fault => ({
  about: `${service} does what it is asked, and its reply is lost`,
  apply: (world) => {
    if (world.loseOn !== null) return null;
    world.loseOn = effects;
    return () => {
      if (world.loseOn === effects) world.loseOn = null;
    };
  },
});

const perService = Object.fromEntries(
  SERVICES.flatMap((service): readonly (readonly [string, Fault])[] => {
    const effects = EFFECTS[service];
    return [
      [`throttled${service}`, troubling(service, `${service} throttles`, throttled)],
      [`denied${service}`, troubling(service, `${service} denies`, denied)],
      [`broken${service}`, troubling(service, `${service} fails`, failed)],
      [`slow${service}`, slow(service)],
      ...(effects === undefined ? [] : [[`replyLostBy${service}`, deaf(service, effects)] as const]),
    ];
  }),
);

const HELD_MAX_SECONDS = 12;

/** Reads that see the world as it was up to some seconds ago. */
const stale = (about: string, which: 'groups' | 'machines' | 'parameters'): Fault => ({
  about,
  apply: (world, random) => {
    const replica = world.replicas[which];
    if (replica.lag !== null) return null;
    replica.lag = { seconds: random.whole(2, HELD_MAX_SECONDS), chance: 0.3 + random.fraction() / 2, random };
    return () => replica.catchUp();
  },
});

/** What befalls the APIs that the autopilot asks. */
export const API_FAULTS = allOf('A', {
  ...perService,
  partialAutoScaling: troubling('AutoScaling', 'Auto Scaling answers with a page missing', partial),
  partialEc2: troubling('Ec2', 'EC2 answers with a page missing', partial),
  partialParameterStore: troubling('ParameterStore', 'Parameter Store answers with a page missing', partial),
  goneAutoScaling: troubling('AutoScaling', 'Auto Scaling says that there is no such group', gone),
  refusedParameterStore: troubling('ParameterStore', 'Parameter Store refuses what it is given', refused),
  staleAutoScaling: stale('Auto Scaling answers as the group was some seconds ago', 'groups'),
  staleEc2: stale('EC2 answers as the machines were some seconds ago', 'machines'),
  staleParameterStore: stale('Parameter Store answers as it was some seconds ago', 'parameters'),
  youngAreUnknown: {
    about: 'EC2 does not know young machines yet, and their group does not list them',
    apply: (world, random) => {
      const before = world.times;
      if (before.unknownSeconds > 10) return null;
      const late = { unknownSeconds: random.whole(11, 40), addresslessSeconds: 30, unlistedSeconds: 10 };
      world.times = { ...before, ...late };
      return () => {
        const { unknownSeconds, addresslessSeconds, unlistedSeconds } = before;
        world.times = { ...world.times, unknownSeconds, addresslessSeconds, unlistedSeconds };
      };
    },
  },
  terminatedAreForgotten: {
    about: 'EC2 forgets terminated machines within seconds',
    apply: (world, random) => {
      const { memorySeconds } = world.times;
      if (memorySeconds < 60) return null;
      world.times = { ...world.times, memorySeconds: random.whole(0, 30) };
      return () => {
        world.times = { ...world.times, memorySeconds };
      };
    },
  },
  livingIsUnknown: {
    about: 'EC2 says of a machine that lives that there is none',
    apply: (world, random) => hide(world, random, world.forgotten),
  },
  livingIsUnlisted: {
    about: 'the list of the group leaves out an instance that lives',
    apply: (world, random) => hide(world, random, world.hidden),
  },
  heartbeatsRefused: {
    about: 'Auto Scaling refuses heartbeats',
    apply: (world) => trouble(world, (call) => (call === 'scaling.heartbeat' ? failed() : null)),
  },
  hookTimesOut: {
    about: 'the platform ends a wait in a hook by itself',
    apply: (world, random) => answerOne(world, random, () => world.hooks.defaultResult),
  },
  hookAnsweredByOthers: {
    about: 'somebody else answers a hook',
    apply: (world, random) => answerOne(world, random, () => random.oneOf('CONTINUE', 'ABANDON')),
  },
});

/** One at a time, as the evidence of a removal needs both to say so: this is one of the two. */
function hide(world: FakeWorld, random: Random, from: Set<string>): (() => void) | null {
  if (world.hidden.size + world.forgotten.size > 0) return null;
  const living = world.instances.filter(({ listed, state }) => listed && state === 'running');
  const one = random.pick(living);
  if (one === null) return null;
  from.add(one.id);
  return () => {
    from.delete(one.id);
  };
}

function answerOne(world: FakeWorld, random: Random, result: () => 'CONTINUE' | 'ABANDON'): 'done' | null {
  const waiting = world.instances.filter(
    (one) => one.listed && one.lifecycle.endsWith(':Wait') && (isNewcomer(one) || isSpared(world, one)),
  );
  const one = random.pick(waiting);
  if (one === null) return null;
  world.answerHook(one, result());
  return 'done';
}

const isNewcomer = ({ lifecycle }: FakeInstance): boolean => lifecycle === 'Pending:Wait';
