import type { Mutant } from '../mutant.ts';

const CHOOSE = 'test/core/termination/choose.test.ts';
const GOING = 'test/core/termination/may-go.test.ts';
const ROOM = 'test/termination-policy/room.test.ts';
const RUNS = 'test/simulation/leader-last.test.ts';

/** Faults of who is named when Auto Scaling asks which instance may go. */
export const TERMINATION: readonly Mutant[] = [
  {
    name: 'leader-goes-as-others',
    rule: 'R10',
    fault: 'the leader is named while a follower will do',
    file: 'functions/core/termination/order.ts',
    from: "({ role }) => (role === 'leader' ? 1 : 0),",
    to: "({ role }) => (role === 'leader' ? 0 : 0),",
    killedBy: {
      file: RUNS,
      test: '50 runs with the leader in every position > %s, position %i leads, leadership %s: it goes last',
    },
  },
  {
    name: 'unhealthy-goes-as-others',
    rule: 'R2',
    fault: 'a voter that is well is named before one that is unhealthy',
    file: 'functions/core/termination/order.ts',
    from: '(isUnhealthy || isFailing ? 0 : 1)',
    to: '(isFailing ? 0 : 1)',
    killedBy: {
      file: CHOOSE,
      test: 'the order > has whom the group counts as unhealthy before all that are well',
    },
  },
  {
    name: 'voter-goes-before-newcomer',
    rule: 'R2',
    fault: 'a voter is named while somebody without a vote would do',
    file: 'functions/core/termination/order.ts',
    from: "({ role }) => (role === 'notVoter' ? 0 : 1),",
    to: "({ role }) => (role === 'notVoter' ? 1 : 0),",
    killedBy: { file: CHOOSE, test: 'the order > has who has no vote before who has' },
  },
  {
    name: 'protected-goes',
    rule: 'R3',
    fault: 'an instance that is protected from scale-in is named',
    file: 'functions/core/termination/order.ts',
    from: "return !isProtected || cause === 'INSTANCE_REFRESH'",
    to: "return !isProtected || cause !== 'SCALE_IN' || cause === 'INSTANCE_REFRESH'",
    killedBy: {
      file: CHOOSE,
      test: 'while the cluster is whole > a protected instance is named only where its protection does not count',
    },
  },
  {
    name: 'all-wells-are-spare',
    rule: 'R3',
    fault: 'a voter that is well is named while another does not answer',
    file: 'functions/core/termination/may-go.ts',
    from: "role === 'notVoter' || (role === 'follower' && isFailing)",
    to: "role === 'notVoter' || role === 'follower' || isFailing",
    killedBy: {
      file: CHOOSE,
      test: 'while the cluster does not tolerate a failure > nobody is named: %s',
    },
  },
  {
    name: 'failing-goes-beside-failing',
    rule: 'R2',
    fault: 'one that failed is named while another failed as well',
    file: 'functions/core/termination/may-go.ts',
    from: 'const voters = sight.voters.filter(({ name }) => name !== gone);',
    to: 'const voters = sight.voters.filter(({ name, answers }) => name !== gone && answers);',
    killedBy: {
      file: GOING,
      test: 'in every cluster of up to five voters > whoever may go leaves a majority of all voters that answers and keeps up, and none of it in trouble',
    },
  },
  {
    name: 'reboot-lock-overlooked',
    rule: 'R3',
    fault: 'a member that holds the lock for reboots is named while it is down',
    file: 'functions/core/termination/may-go.ts',
    from: "code !== 'changeInFlight' || voters.some(({ name }) => name === subject)",
    to: 'subject === null || voters.some(({ name }) => name === subject)',
    killedBy: {
      file: CHOOSE,
      test: 'while the cluster does not tolerate a failure > one that holds the lock for reboots is not taken while it is down',
    },
  },
  {
    name: 'two-leave-at-once',
    rule: 'R3',
    fault: 'a second one is named while the first is leaving',
    file: 'functions/core/termination/choose.ts',
    from: "if (leaver !== null) return held(hold('leaverPresent', leaver));",
    to: "if (leaver === '') return held(hold('leaverPresent', leaver));",
    killedBy: {
      file: CHOOSE,
      test: 'one at a time > nobody follows a member in %s, whatever the status says of the cluster',
    },
  },
  {
    name: 'old-status-believed',
    rule: 'R3',
    fault: 'somebody is named by a status of long ago',
    file: 'functions/core/termination/choose.ts',
    from: "if (world.telling === 'old') return held(hold('notTold'));",
    to: "if (world.telling === 'old' && sight.leader === null) return held(hold('notTold'));",
    killedBy: { file: CHOOSE, test: 'what is not known > %s names nobody' },
  },
  {
    name: 'young-status-preferred',
    rule: 'R10',
    fault: 'a status of a moment ago is believed without waiting for the answer: leadership has moved since',
    file: 'functions/termination-policy/decide.ts',
    from: "tellingOf(texts, requestId, clock.nowMs()) === 'answer';",
    to: "tellingOf(texts, requestId, clock.nowMs()) !== 'old';",
    killedBy: {
      file: ROOM,
      test: 'asked who may go > it waits for the answer however young the status is: leadership may have moved since',
    },
  },
  {
    name: 'frozen-goes-on',
    rule: 'R13',
    fault: 'members of a frozen cluster are named',
    file: 'functions/core/termination/choose.ts',
    from: "if (!parsed.ok || parsed.config.frozen) return held(shortfall('frozen'));",
    to: "if (!parsed.ok) return held(shortfall('frozen'));",
    killedBy: { file: CHOOSE, test: 'what is not known > %s names nobody' },
  },
  {
    name: 'lost-records-mean-nothing-to-lose',
    rule: 'R6',
    fault: 'a founded cluster whose parameters are gone is let go as one that never was',
    file: 'functions/core/termination/choose.ts',
    from: "obstacles.some(({ code }) => code === 'notFounded') && !tags.has(TAG.bootstrapped);",
    to: "obstacles.some(({ code }) => code === 'notFounded') && tags.has(TAG.cluster);",
    killedBy: {
      file: CHOOSE,
      test: 'the platform may choose as it likes > but not when only the parameters of a founded cluster are gone',
    },
  },
  {
    name: 'last-voter-goes',
    rule: 'R12',
    fault: 'the last voter of a cluster that nobody deletes is named',
    file: 'functions/core/termination/choose.ts',
    from: 'if (isLast && desiredCapacity === 0)',
    to: 'if (isLast && desiredCapacity < 0)',
    killedBy: {
      file: CHOOSE,
      test: 'the size that the group wants > S29 of none takes the followers, and never the last voter',
    },
  },
  {
    name: 'failure-lets-all-go',
    rule: 'R5',
    fault: 'where Auto Scaling or Parameter Store denies, the platform may choose as it likes',
    file: 'functions/termination-policy/room.ts',
    from: "return { ...nobody('failed', words), error };",
    to: "return { ...nobody('failed', words), choice: freely(request, 'notOurs'), error };",
    killedBy: { file: ROOM, test: 'trouble of its own names nobody > %s' },
  },
  {
    name: 'calm-that-nobody-saw',
    rule: 'R3',
    fault: 'the time since the last look counts as calm, whatever happened in it',
    file: 'functions/core/termination/choose.ts',
    from: 'return Number.isNaN(atMs) ? nowMs : Math.min(nowMs, atMs);',
    to: 'return Number.isNaN(atMs) ? nowMs : Math.max(nowMs, atMs);',
    killedBy: {
      file: CHOOSE,
      test: 'how long the cluster has been calm > is judged by the time of the look: nobody saw what has been since',
    },
  },
];
