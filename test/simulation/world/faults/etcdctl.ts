import { Operator } from '../../etcd/operator.ts';
import type { FakeWorld } from '../fake-world.ts';
import { allOf } from './fault.ts';
import { inServiceOf, isSpared } from './targets.ts';

const BY_HAND = 'http://10.9.9.9:2380';

/** What operators do with etcdctl, past the autopilot and its permit, at any moment. */
export const ETCDCTL_FAULTS = allOf('U', {
  voterAddedByHand: {
    about: 'an operator adds a voter with etcdctl, and removes it later',
    apply: (world) => addByHand(world, false),
  },
  learnerAddedByHand: {
    about: 'an operator adds a learner with etcdctl, and removes it later',
    apply: (world) => addByHand(world, true),
  },
  memberWithOddName: {
    about: 'a member of somebody else runs under a name that no ticket can carry',
    apply: (world, random) => {
      const end = addByHand(world, random.chance(0.5));
      const added = world.etcd.members.find(({ peerUrl }) => peerUrl === BY_HAND);
      if (end === null || added === undefined) return null;
      added.name = 'a name; with $(oddities)';
      return end;
    },
  },
  memberRemovedByHand: {
    about: 'an operator removes a member with etcdctl that the others can do without',
    apply: (world, random) => {
      const { etcd } = world;
      if (etcd.runningCount() < 3) return null;
      const one = random.pick(inServiceOf(world).filter((instance) => isSpared(world, instance)));
      const member = etcd.members.find(({ name }) => name === one?.id);
      return member !== undefined && new Operator(etcd).remove(member.id) === null ? 'done' : null;
    },
  },
  learnerPromotedByHand: {
    about: 'an operator promotes a learner with etcdctl',
    apply: ({ etcd }) => {
      const learner = etcd.members.find((member) => member.isLearner && etcd.runs(member));
      return learner !== undefined && new Operator(etcd).promote(learner.id) === null ? 'done' : null;
    },
  },
  leaderMovedByHand: {
    about: 'an operator moves leadership with etcdctl',
    apply: ({ etcd }, random) => {
      const heirs = etcd.voters().filter((voter) => etcd.runs(voter) && voter.id !== etcd.leaderId);
      const heir = random.pick(heirs);
      return heir !== null && new Operator(etcd).moveLeader(heir.id) === null ? 'done' : null;
    },
  },
  permitDeletedByHand: {
    about: 'an operator deletes the key of a permit that a killed function has left',
    apply: ({ etcd, life }) => {
      // Whoever takes it from a function at work breaks its safety on purpose.
      if (etcd.permit === null || !life.isOver) return null;
      new Operator(etcd).deletePermit();
      return 'done';
    },
  },
  permitHeldByOthers: {
    about: 'somebody else holds the permit',
    apply: (world, random) => {
      const { etcd } = world;
      if (!etcd.hasQuorum() || (etcd.permit !== null && etcd.permit.expiresAtMs >= world.nowMs)) return null;
      const ttlSeconds = random.whole(30, 300);
      const expiresAtMs = world.nowMs + ttlSeconds * 1_000;
      const permit = { owner: 'reboot-gate', reason: 'reboot', leaseId: 'by-hand', ttlSeconds, expiresAtMs };
      etcd.permit = permit;
      return () => {
        if (etcd.permit === permit) etcd.permit = null;
      };
    },
  },
});

/** Where all run, so that the cluster gets over one that never starts. */
function addByHand(world: FakeWorld, isLearner: boolean): (() => void) | null {
  const { etcd } = world;
  const voterCount = etcd.voters().length;
  if (voterCount < 3 || etcd.runningCount() < voterCount) return null;
  if (new Operator(etcd).add(BY_HAND, isLearner) !== null) return null;
  return () => {
    const added = etcd.members.find(({ peerUrl }) => peerUrl === BY_HAND);
    if (added === undefined || new Operator(etcd).remove(added.id) === null) return;
    // What etcd refuses now an operator tries again until it works.
    etcd.members = etcd.members.filter((member) => member !== added);
  };
}
