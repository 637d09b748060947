import type { Mutant } from '../mutant.ts';

const JUDGING = 'test/core/verification/judge.test.ts';
const VERIFYING = 'test/engine/verification/verify.test.ts';

export const RESTORES: readonly Mutant[] = [
  {
    name: 'founding-without-data',
    rule: 'R12',
    fault: 'a ticket whose snapshot cannot be read founds an empty cluster',
    file: 'functions/core/ticket.ts',
    from: "return restore === null || initialState !== 'new' ? 'unreadable' : { ...start, restore };",
    to: "return restore === null || initialState !== 'new' ? start : { ...start, restore };",
    killedBy: {
      file: 'test/core/restore.test.ts',
      test: 'a founding that is to bring data back > is no founding without data where a line of it is edited or gone',
    },
  },
  {
    name: 'next-claim-empty',
    rule: 'R12',
    fault: 'a claim that was to bring data back is followed by one that brings none',
    file: 'functions/core/plan/forming.ts',
    from: 'presentOf(world), claim.restore ?? null)',
    to: 'presentOf(world), null)',
    killedBy: {
      file: 'test/core/plan/founding.test.ts',
      test: 'a claim that stands > and that was to bring data back is followed, when it failed, by one that brings the same',
    },
  },
  {
    name: 'restored-by-several',
    rule: 'R1',
    fault: 'every founder restores the snapshot for itself',
    file: 'functions/core/plan/bootstrap.ts',
    from: 'restore === null ? world.config.size : 1',
    to: 'world.config.size',
    killedBy: {
      file: 'test/core/plan/founding.test.ts',
      test: 'a cluster is claimed > from a snapshot is one instance’s, at once: the others join it',
    },
  },
  {
    name: 'restorable-by-another-hash',
    rule: 'R12',
    fault: 'a snapshot with other data than its member had counts as restorable',
    file: 'functions/core/verification/judge.ts',
    from: 'if (areComparable && manifest.hash !== null && found.hash !== manifest.hash)',
    to: 'if (areComparable && manifest.hash === null && found.hash !== manifest.hash)',
    killedBy: {
      file: JUDGING,
      test: 'what comes out of it is what the member held > and is not where its hash is another one',
    },
  },
  {
    name: 'restorable-without-writes',
    rule: 'R12',
    fault: 'revisions are compared as texts: one that lacks writes counts as restorable',
    file: 'functions/core/verification/judge.ts',
    from: 'if (BigInt(found.revision) < BigInt(manifest.atRevision))',
    to: 'if (found.revision < manifest.atRevision)',
    killedBy: {
      file: JUDGING,
      test: 'what comes out of it is what the member held > and is not where it lacks writes that it must hold',
    },
  },
  {
    name: 'weather-as-verdict',
    rule: 'R5',
    fault: 'a verification that was ended for its time says that the snapshot is bad',
    file: 'functions/engine/verification/verify.ts',
    from: '  const refusal = await scratch.restore(untilMs);',
    to: "  const refusal = await scratch.restore(untilMs).catch(() => 'late');",
    killedBy: {
      file: VERIFYING,
      test: 'nothing is said of a snapshot > when it took too long: late is no verdict, and the place is cleared',
    },
  },
];
