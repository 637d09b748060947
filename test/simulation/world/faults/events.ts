import type { FakeWorld } from '../fake-world.ts';
import type { Delivery } from '../queue.ts';
import { allOf } from './fault.ts';

const OLD_EVENT = {
  source: 'aws.autoscaling',
  'detail-type': 'EC2 Instance-terminate Lifecycle Action',
  time: '2025-12-31T23:00:00Z',
};

/** Bodies that nobody should send, and that come all the same. */
const MALFORMED: readonly string[] = [
  '',
  'not json',
  '[]',
  '{"detail-type":5}',
  '{"source":"aws.autoscaling","detail-type":"EC2 Instance-launch Lifecycle Action","detail":{}}',
  '{"etcdAutopilot":2,"request":"look"}',
  '{"source":"aws.s3","detail-type":"Object Created","detail":{}}',
];

/** What befalls events on their way to the queue, and the queue itself. */
export const EVENT_FAULTS = allOf('E', {
  eventsLost: {
    about: 'events do not come',
    apply: (world, random) =>
      deliver(world, { lossChance: random.oneOf(0.3, 0.7, 1), doubleChance: 0, secondsMax: 0, random }),
  },
  eventsDoubled: {
    about: 'events come twice',
    apply: (world, random) => deliver(world, { lossChance: 0, doubleChance: 0.8, secondsMax: 5, random }),
  },
  eventsLate: {
    about: 'events come minutes late',
    apply: (world, random) =>
      deliver(world, { lossChance: 0, doubleChance: 0, secondsMax: random.whole(60, 400), random }),
  },
  eventsReordered: {
    about: 'events overtake one another, some come twice, some never',
    apply: (world, random) => deliver(world, { lossChance: 0.2, doubleChance: 0.3, secondsMax: 20, random }),
  },
  foreignEvents: {
    about: 'events of other groups come',
    apply: (world, random) => {
      const detail = { AutoScalingGroupName: 'somebody-elses', EC2InstanceId: 'i-0123456789abcdef0' };
      for (let nth = random.whole(1, 4); nth > 0; nth -= 1)
        world.mail.tellBody(
          world,
          JSON.stringify({ ...OLD_EVENT, id: `foreign-${world.nowMs}-${nth}`, detail }),
        );
      return 'done';
    },
  },
  staleEvents: {
    about: 'an event of an hour ago comes, for an instance that nobody knows',
    apply: (world) => {
      const detail = { AutoScalingGroupName: world.groupName, EC2InstanceId: 'i-0fedcba9876543210' };
      world.mail.tellBody(world, JSON.stringify({ ...OLD_EVENT, id: `stale-${world.nowMs}`, detail }));
      return 'done';
    },
  },
  malformedMessages: {
    about: 'a message comes that nobody can read',
    apply: (world, random) => {
      world.mail.tellBody(world, random.pick(MALFORMED) ?? '');
      return 'done';
    },
  },
  eventStorm: {
    about: 'dozens of events come at once',
    apply: (world, random) => {
      const detail = { AutoScalingGroupName: world.groupName };
      for (let nth = random.whole(5, 12); nth > 0; nth -= 1)
        world.mail.tellBody(
          world,
          JSON.stringify({ ...OLD_EVENT, id: `storm-${world.nowMs}-${nth}`, detail }),
        );
      return 'done';
    },
  },
  queueStalls: {
    about: 'the queue gives out nothing',
    apply: (world) => {
      const { queue } = world.mail;
      if (queue.isStalled) return null;
      queue.isStalled = true;
      return () => {
        queue.isStalled = false;
      };
    },
  },
  messageComesAgain: {
    about: 'the queue gives out a message again that is done with',
    apply: (world) => (world.mail.queue.repeatLast(world.nowMs) ? 'done' : null),
  },
});

function deliver(world: FakeWorld, delivery: Delivery): (() => void) | null {
  const { queue } = world.mail;
  if (queue.delivery !== null) return null;
  queue.delivery = delivery;
  return () => {
    if (queue.delivery === delivery) queue.delivery = null;
  };
}
