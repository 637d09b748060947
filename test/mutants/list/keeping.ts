import type { Mutant } from '../mutant.ts';

const RETENTION = 'test/core/backup/retention.test.ts';
const SPACE = 'test/engine/space.test.ts';
const CARE = {
  file: 'test/simulation/care/care.test.ts',
  test: 'in histories of faults and edits backup and verification break no rule, and all is kept and told in the end',
};

/** Faults of snapshots, and of what keeps databases small and true. */
export const KEEPING: readonly Mutant[] = [
  {
    name: 'last-restorable-thrown-away',
    rule: 'R12',
    fault: 'retention deletes the last restorable snapshot for newer ones that nobody proved',
    file: 'functions/core/backup/retention.ts',
    from: '    ...lastGood(good),\n',
    to: '',
    killedBy: {
      file: RETENTION,
      test: 'retention > never deletes the last restorable one, though newer ones are only intact',
    },
  },
  {
    name: 'captured-thrown-away',
    rule: 'R12',
    fault: 'what a recovery captured goes as any other snapshot',
    file: 'functions/core/backup/retention.ts',
    from: "if (manifest.origin === 'recovery' && nowMs - takenAtMs < RECOVERY_MS) return true;",
    to: '',
    killedBy: {
      file: RETENTION,
      test: 'retention > keeps what a recovery captured for 30 days, restored or not',
    },
  },
  {
    name: 'just-taken-thrown-away',
    rule: 'R12',
    fault: 'beside snapshots of a clock that was ahead the one just taken is removed',
    file: 'functions/core/backup/retention.ts',
    from: '    ...good.filter(({ takenAtMs }) => takenAtMs <= nowMs).slice(0, NEWEST_KEPT),\n',
    to: '',
    killedBy: {
      file: RETENTION,
      test: 'retention > keeps what was just taken beside those that a clock took that was ahead',
    },
  },
  {
    name: 'future-counts-as-newest',
    rule: 'R8',
    fault: 'a snapshot of the future stands for the newest, so that another is due every minute',
    file: 'functions/core/backup/parameter.ts',
    from: 'const newest = past[0] ?? snapshots[0];',
    to: 'const newest = snapshots[0];',
    killedBy: {
      file: 'test/core/backup/parameter.test.ts',
      test: 'what the bucket tells > is the newest that was taken by now, and one of the future only where there is no other',
    },
  },
  {
    name: 'damaged-stream-kept',
    rule: 'R12',
    fault: 'a stream that is no whole database gets its manifest all the same',
    file: 'functions/engine/backup/take.ts',
    from: 'if (problem !== null) throw damaged(problem);',
    to: 'if (problem === null) return;',
    killedBy: CARE,
  },
  {
    name: 'found-of-another-snapshot',
    rule: 'R8',
    fault: 'what was found of one snapshot counts for another',
    file: 'functions/core/backup/listing.ts',
    from: 'return verified?.key === key ? verified : null;',
    to: 'return verified;',
    killedBy: {
      file: 'test/core/backup/listing.test.ts',
      test: 'a listing > believes of a snapshot only what was found of that very one',
    },
  },
  {
    name: 'backup-of-a-frozen-cluster',
    rule: 'R13',
    fault: 'snapshots are taken of a cluster that is frozen',
    file: 'functions/engine/backup/run.ts',
    from: "if (site.config.frozen) return skipped('frozen');",
    to: '',
    killedBy: CARE,
  },
  {
    name: 'repairs-without-end',
    rule: 'R12',
    fault: 'room is made as often as databases fill up',
    file: 'functions/core/plan/space.ts',
    from: 'export const REPAIRS_MAX = 3;',
    to: 'export const REPAIRS_MAX = 99;',
    killedBy: {
      file: SPACE,
      test: 'S59 the databases reach their quota > three repairs in a day are the last: a person is told, and nothing more is forgotten',
    },
  },
  {
    name: 'leader-defragmented-first',
    rule: 'R10',
    fault: 'the leader is defragmented before its followers',
    file: 'functions/core/plan/space.ts',
    from: "member.role === 'learner' ? -1 : Number(member.id === alarmed.leaderId);",
    to: "member.role === 'learner' ? -1 : Number(member.id !== alarmed.leaderId);",
    killedBy: {
      file: 'test/core/plan/space.test.ts',
      test: 'S59 a repair of full databases > defragments what is hollow without forgetting anything, followers first',
    },
  },
  {
    name: 'minority-calls-corrupt',
    rule: 'R2',
    fault: 'a member is called corrupt although no quorum holds the same',
    file: 'functions/core/hashes.ts',
    from: 'group.length >= quorum',
    to: 'group.length >= 1',
    killedBy: {
      file: 'test/core/hashes.test.ts',
      test: 'hashes of voters say who is right only where a quorum holds the same > %s: %s',
    },
  },
];
