import type { Mutant } from '../mutant.ts';

const PLAN = 'functions/core/plan/signals.ts';
const SIGNALS = 'test/core/plan/signals.test.ts';
const VERSIONS = 'test/core/versions.test.ts';
const LEARNERS = 'test/core/plan/versions.test.ts';
const STORIES = 'test/engine/versions.test.ts';

/** Faults of what is told to stacks and refreshes, and of the steps from one version of etcd to the next. */
export const SIGNALS_AND_VERSIONS: readonly Mutant[] = [
  {
    name: 'signal-before-the-window',
    rule: 'R3',
    fault: 'a stack goes on to the next instance as soon as the last one votes',
    file: PLAN,
    from: 'if (shortfalls.length === 0) return act(',
    to: "if (shortfalls.every(({ code }) => code === 'unstable')) return act(",
    killedBy: {
      file: SIGNALS,
      test: 'a newcomer in service that votes > is waited for until then, closely only for the last seconds',
    },
  },
  {
    name: 'signal-whatever-is-wrong',
    rule: 'R3',
    fault: 'a stack goes on to the next instance while another voter is silent',
    file: PLAN,
    from: 'const shortfalls = judgeWorld(world, requirement(world));',
    to: "const shortfalls = judgeWorld(world, requirement(world)).filter(({ code }) => code === 'unstable');",
    killedBy: {
      file: SIGNALS,
      test: 'a newcomer in service that votes > is not told while %s, and what is missing is',
    },
  },
  {
    name: 'signal-for-what-two-cannot-bear',
    rule: 'R8',
    fault: 'a rolling update of one instance waits for two voters to bear a failure, until it fails',
    file: PLAN,
    from: 'tolerance: Math.min(own.tolerance, wanted - quorumOf(wanted))',
    to: 'tolerance: Math.max(own.tolerance, wanted - wanted)',
    killedBy: {
      file: SIGNALS,
      test: 'a newcomer in service that votes > is told although %s bear no failure: no waiting would change that',
    },
  },
  {
    name: 'signal-with-every-look',
    rule: 'R8',
    fault: 'a stack that waits for nobody is called with every look for an hour and a half',
    file: PLAN,
    from: 'etcd.view?.memory.signalledAtMs[id] === undefined',
    to: 'etcd.view !== undefined',
    killedBy: {
      file: SIGNALS,
      test: 'a newcomer in service that votes > is told once: not what this pass told, nor what an earlier one wrote down',
    },
  },
  {
    name: 'failure-after-the-hook',
    rule: 'R9',
    fault: 'a hook is given up before anybody outside knows why',
    file: PLAN,
    from: '[...failureOf(world, action), action]',
    to: '[action, ...failureOf(world, action)]',
    killedBy: {
      file: SIGNALS,
      test: 'a launch hook that is given up > has the stack told and the refresh ended before it is answered',
    },
  },
  {
    name: 'rollback-ended',
    rule: 'R3',
    fault: 'the refresh that takes a bad release back is ended for a node that the release launched',
    file: PLAN,
    from: 'instance?.launchedAtMs ?? instance?.hookSinceMs ?? null',
    to: 'world.takenAtMs',
    killedBy: {
      file: 'test/engine/signals.test.ts',
      test: 'S13 a bad release > does not end a refresh that began after its node was launched, as a rollback does',
    },
  },
  {
    name: 'release-goes-on',
    rule: 'R3',
    fault: 'a refresh goes on to the next node after its first one could not join',
    file: PLAN,
    from: "...(isOver ? [] : [{ kind: 'cancelRefresh'",
    to: "...(isOver || !isClaim ? [] : [{ kind: 'cancelRefresh'",
    killedBy: {
      file: 'test/engine/signals.test.ts',
      test: 'S13 a bad release > stops at its first node: the stack hears of it, the refresh ends, all voters of before vote',
    },
  },
  {
    name: 'calm-told-anew',
    rule: 'R8',
    fault:
      'since when the cluster is calm is told anew with every look, and the records of a gone instance stay',
    file: 'functions/core/plan/cluster.ts',
    from: 'const told = merge(before, planSteady(world, view));',
    to: 'const told = before;',
    also: {
      from: 'planCleanup(world, view), planSignals',
      to: 'planCleanup(world, view), planSteady(world, view), planSignals',
    },
    killedBy: {
      file: 'test/engine/passing-time.test.ts',
      test: 'time that passes between two looks is no news: what is told stands still as soon as nothing happens',
    },
  },
  {
    name: 'minor-skipped',
    rule: 'R2',
    fault: 'an etcd two minors ahead of the voters becomes a voter',
    file: 'functions/core/versions.ts',
    from: 'wanted.minor !== oldest.minor + 1',
    to: 'wanted.minor < oldest.minor + 1',
    killedBy: { file: VERSIONS, test: 'S66 from one version to the next > %s does not go to %s: %s' },
  },
  {
    name: 'step-from-too-old',
    rule: 'R2',
    fault: 'the next minor joins voters that let removed members come back with it',
    file: 'functions/core/versions.ts',
    from: 'compareVersions(version, bound) < 0',
    to: 'compareVersions(version, bound) < -99',
    killedBy: { file: VERSIONS, test: 'S66 from one version to the next > %s does not go to %s: %s' },
  },
  {
    name: 'zombies-carried-over',
    rule: 'R11',
    fault: 'the next minor joins while one voter takes others for members than the rest',
    file: 'functions/core/versions.ts',
    from: '...(isToldByAll ? [] : [',
    to: '...(isToldByAll || known.length > 1 ? [] : [',
    killedBy: {
      file: VERSIONS,
      test: 'S66 from one version to the next > a step waits until every voter tells the same members; what is no step does not',
    },
  },
  {
    name: 'silent-voter-has-told',
    rule: 'R11',
    fault: 'a voter that does not answer counts as one that tells the same members',
    file: 'functions/engine/observe-etcd.ts',
    from: 'toldByAll: agreed && told.length ===',
    to: 'toldByAll: agreed || told.length ===',
    killedBy: {
      file: STORIES,
      test: 'S66 a release of another version of etcd > waits for a voter that does not answer: nobody knows what it runs, nor whom it takes for members',
    },
  },
  {
    name: 'wrong-version-votes',
    rule: 'R4',
    fault: 'a learner whose version breaks the rules of upgrades becomes a voter',
    file: 'functions/core/plan/joins.ts',
    from: 'if (doubts.length > 0)',
    to: 'if (doubts.length > 9)',
    killedBy: {
      file: LEARNERS,
      test: 'S66 a learner that has caught up > beside %j does not become a voter of %s: %s',
    },
  },
  {
    name: 'wrong-version-kept-for-ever',
    rule: 'R7',
    fault: 'a learner whose version breaks the rules is waited for without end, and nobody else joins',
    file: 'functions/core/plan/hooks.ts',
    from: "member.role === 'voter' || (member.started && member.silence !== 'notAsked')",
    to: "member.role === 'voter'",
    killedBy: {
      file: LEARNERS,
      test: 'S66 one whose version the voters are not ready for > is counted as a failed join when its grace is over, and its hook given up; it goes with its machine',
    },
  },
  {
    name: 'not-asked-is-silent',
    rule: 'R5',
    fault: 'a newcomer whose address EC2 does not tell is given up as if it had been silent',
    file: 'functions/core/plan/hooks.ts',
    from: " && member.silence !== 'notAsked'",
    to: '',
    killedBy: {
      file: 'test/core/plan/hooks.test.ts',
      test: 'a newcomer that was slow to start > and nobody asked, since EC2 tells no address of it, is not given up for that',
    },
  },
  {
    name: 'silent-since-it-was-added',
    rule: 'R7',
    fault: 'a newcomer that fell silent is given up for the time in which its machine booted',
    file: 'functions/core/silence.ts',
    from: '(started ? ',
    to: "(id === '' ? ",
    killedBy: {
      file: 'test/core/plan/hooks.test.ts',
      test: 'a newcomer that was slow to start > and fell silent has its grace from then on, not from when it was added',
    },
  },
  {
    name: 'abandoned-leaver-untold',
    rule: 'R9',
    fault: 'an instance that its group retained after its hook is told of to nobody outside',
    file: 'functions/core/outgoing.ts',
    from: "['hookPastHalf', 'instanceRetained', ",
    to: "['hookPastHalf', ",
    killedBy: {
      file: 'test/engine/retained.test.ts',
      test: 'S40b a terminate hook reaches its global limit while its member cannot be removed > the group retains the instance: its voter counts on, and everybody is told',
    },
  },
];
