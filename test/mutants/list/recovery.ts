import type { Mutant } from '../mutant.ts';

const EVIDENCE = 'test/core/recovery/evidence.test.ts';
const DECIDE = 'test/core/recovery/decide.test.ts';
const AGAIN = 'test/engine/recovery-again.test.ts';
const STORIES = 'test/engine/recovery.test.ts';

/** Faults of recoveries: what is lost for ever, who is ended first, what is brought back, and what is told of it. */
export const RECOVERY: readonly Mutant[] = [
  {
    name: 'silence-is-loss',
    rule: 'R12',
    fault: 'whoever shows nothing counts as lost for ever',
    file: 'functions/core/recovery/evidence.ts',
    from: "return forced.includes(id) ? 'forced' : 'unknown';",
    to: "return 'forced';",
    killedBy: {
      file: EVIDENCE,
      test: 'a loss is for ever > exactly where those that are not lost by evidence are no majority, in every cluster up to five',
    },
  },
  {
    name: 'not-found-at-once',
    rule: 'R5',
    fault: 'an instance is lost as soon as EC2 once says that it knows no such id',
    file: 'functions/core/recovery/evidence.ts',
    from: 'sinceMs !== undefined && takenAtMs - sinceMs >= MISSING_FOR_MS;',
    to: 'sinceMs !== undefined || takenAtMs > 0;',
    killedBy: {
      file: EVIDENCE,
      test: 'what is evidence > "no such instance" for a minute, of one that the group does not list',
    },
  },
  {
    name: 'survivor-in-a-hurry',
    rule: 'R12',
    fault: 'a survivor is chosen while another, which may hold more, is silent',
    file: 'functions/core/recovery/decide.ts',
    from: "if (verdict.unknown.length > 0) return hold('survivorUnknown', verdict.unknown);",
    to: '',
    killedBy: {
      file: DECIDE,
      test: 'the configuration decides > nothing, while one that may hold more is silent',
    },
  },
  {
    name: 'manual-by-itself',
    rule: 'R12',
    fault: 'a loss is recovered although the settings leave that to a person',
    file: 'functions/core/recovery/decide.ts',
    from: "if (mode === 'manual') return hold('manual');",
    to: "if (mode === 'manual') return chooseBy('from-snapshot', survivorsIn(world)[0] ?? null, null);",
    killedBy: { file: DECIDE, test: 'the configuration decides > nothing, where it leaves it to a person' },
  },
  {
    name: 'unproved-snapshot',
    rule: 'R12',
    fault: 'a snapshot that nobody restored for proof is brought back by itself',
    file: 'functions/core/recovery/decide.ts',
    from: "['restorable']",
    to: "['restorable', 'intact']",
    killedBy: {
      file: DECIDE,
      test: 'the configuration decides > never for a snapshot that was not restored for proof, or is damaged',
    },
  },
  {
    name: 'listing-error-is-none',
    rule: 'R12',
    fault: 'a bucket that cannot be read counts as an empty one',
    file: 'functions/core/recovery/decide.ts',
    from: "if (saved === null || !saved.known) return hold('savedUnknown');",
    to: 'if (saved === null || !saved.known) return chooseBy(mode, survivorsIn(world)[0] ?? null, null);',
    killedBy: {
      file: STORIES,
      test: 'a listing that fails is not an empty one: it waits, and recovers when it is told (S46)',
    },
  },
  {
    name: 'snapshot-of-another',
    rule: 'R1',
    fault: 'a snapshot of another cluster of the same name is brought back',
    file: 'functions/core/recovery/sources.ts',
    from: 'ours.includes(manifest.clusterId) && states.includes(state)',
    to: 'states.includes(state)',
    killedBy: {
      file: DECIDE,
      test: 'snapshots are of this cluster or of what it was before, the one that holds most first',
    },
  },
  {
    name: 'founder-before-the-fence',
    rule: 'R1',
    fault: 'a founder is claimed while machines of the lost cluster run',
    file: 'functions/core/plan/fencing.ts',
    from: 'if (there.length === 0) return',
    to: 'if (there.length < 99) return',
    killedBy: {
      file: STORIES,
      test: 'what is fenced and listed nowhere is waited for until EC2 says that it is terminated',
    },
  },
  {
    name: 'fence-with-a-gap',
    rule: 'R1',
    fault: 'only members that are known are fenced, not everybody who had a ticket',
    file: 'functions/core/recovery/fenced.ts',
    from: '    ...ticketed,\n',
    to: '',
    killedBy: {
      file: EVIDENCE,
      test: 'who is fenced > everybody who may hold the lost cluster, and no newcomer that never had a ticket',
    },
  },
  {
    name: 'stale-choice',
    rule: 'R12',
    fault: 'an operator’s choice counts although what was shown has changed',
    file: 'functions/core/recovery/options.ts',
    from: 'if (options.digest !== choice.confirm)',
    to: 'if (options.digest === null)',
    killedBy: {
      file: AGAIN,
      test: 'a choice that was made of something else than what stands now is refused',
    },
  },
  {
    name: 'loss-understated-as-none',
    rule: 'R9',
    fault: 'more is told to be lost than anybody knows',
    file: 'functions/core/recovery/loss.ts',
    from: 'return (lost > 0n ? lost : 0n).toString();',
    to: 'return (lost > 0n ? lost + 1n : 1n).toString();',
    killedBy: {
      file: STORIES,
      test: 'all are lost: the newest restorable snapshot is brought back, and the loss is told to the write (S44)',
    },
  },
  {
    name: 'second-voter-of-a-young-cluster',
    rule: 'R2',
    fault: 'in a cluster of a few entries a learner that has none of them is close behind',
    file: 'functions/core/plan/in-sync.ts',
    from: 'target - learner.raftIndex <= LAG_MAX && isInSync(view, learner)',
    to: 'target - learner.raftIndex <= LAG_MAX',
    killedBy: {
      file: 'test/core/plan/in-sync.test.ts',
      test: 'being in sync > of a leader at %i a learner at %i',
    },
  },
  {
    name: 'silent-look-counts',
    rule: 'R2',
    fault: 'looks in sync of the second voter go on over one in which no voter answered',
    file: 'functions/engine/session.ts',
    from: '      this.inSyncLooks.clear();\n      return;',
    to: '      return;',
    killedBy: {
      file: 'test/engine/effects.test.ts',
      test: 'three looks in sync are three in a row: a look in which no voter answers begins the count anew',
    },
  },
];
