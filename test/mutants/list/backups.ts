import type { Mutant } from '../mutant.ts';

const RETENTION = 'test/core/backup/retention.test.ts';
const TAKING = 'test/engine/backup/taking.test.ts';
const KEEPING = 'test/engine/backup/keeping.test.ts';
const CRASHES = 'test/engine/backup/crash-points.test.ts';
const CHOOSING = 'test/core/backup/choose.test.ts';

export const BACKUPS: readonly Mutant[] = [
  {
    name: 'last-good-deleted',
    rule: 'R12',
    fault: 'retention counts the last restorable snapshot like any other',
    file: 'functions/core/backup/retention.ts',
    from: '    ...lastGood(good),\n',
    to: '',
    killedBy: {
      file: RETENTION,
      test: 'retention > never deletes the last restorable one, though newer ones are only intact',
    },
  },
  {
    name: 'bad-for-good',
    rule: 'R12',
    fault: 'a snapshot that cannot be restored takes the place of one that can',
    file: 'functions/core/backup/retention.ts',
    from: "snapshots.filter(({ state }) => state !== 'notRestorable')",
    to: 'snapshots',
    killedBy: { file: RETENTION, test: 'retention > never deletes anything where nothing is good' },
  },
  {
    name: 'capture-thrown-away',
    rule: 'R12',
    fault: 'what was captured of a lost cluster goes after hours',
    file: 'functions/core/backup/retention.ts',
    from: 'const RECOVERY_MS = 30 * DAY_MS',
    to: 'const RECOVERY_MS = 30 * HOUR_MS',
    killedBy: {
      file: RETENTION,
      test: 'retention > keeps what a recovery captured for 30 days, restored or not',
    },
  },
  {
    name: 'half-a-listing',
    rule: 'R5',
    fault: 'a manifest that was deleted meanwhile makes a snapshot of what it stood beside',
    file: 'functions/core/backup/listing.ts',
    from: 'if (snapshot === null || manifest === null || texts.get(manifest.key) === null) {',
    to: 'if (snapshot === null || manifest === null) {',
    killedBy: {
      file: 'test/core/backup/listing.test.ts',
      test: 'a listing > takes a manifest that was deleted since for none',
    },
  },
  {
    name: 'damaged-completed',
    rule: 'R12',
    fault: 'a database that does not fit its checksum becomes a snapshot',
    file: 'functions/core/backup/intact.ts',
    from: 'if (!this.#hash.copy().digest().equals(this.#tail))',
    to: 'if (this.#sizeBytes < 0)',
    killedBy: {
      file: 'test/core/backup/intact.test.ts',
      test: 'a snapshot > is refused when it lacks a page in its middle',
    },
  },
  {
    name: 'manifest-last-removed',
    rule: 'R8',
    fault: 'a snapshot is removed before its manifest, so that a crash leaves one that looks good',
    file: 'functions/engine/backup/shelf.ts',
    from: 'await objects.remove(removedKeys.map(manifestKey));',
    to: 'await objects.remove(removedKeys);',
    also: {
      from: 'removedKeys.flatMap((key) => [key, verifiedKey(key)])',
      to: 'removedKeys.flatMap((key) => [manifestKey(key), verifiedKey(key)])',
    },
    killedBy: {
      file: KEEPING,
      test: 'what is kept > goes manifest first, so that what is interrupted leaves nothing that looks like a snapshot',
    },
  },
  {
    name: 'name-taken-again',
    rule: 'R12',
    fault: 'two snapshots of one second and revision share a name',
    file: 'functions/engine/backup/take.ts',
    from: 'if (!isTaken) return atMs;',
    to: 'if (!isTaken || tried === 0) return atMs;',
    killedBy: {
      file: TAKING,
      test: 'a snapshot > never takes the name of another: two in one second are two',
    },
  },
  {
    name: 'minority-copied',
    rule: 'R5',
    fault: 'the database of a member without a majority is taken for the cluster’s',
    file: 'functions/core/backup/choose.ts',
    from: '!probe.linearizable || ',
    to: '',
    killedBy: { file: CHOOSING, test: '%s is never copied' },
  },
  {
    name: 'strangers-copied',
    rule: 'R1',
    fault: 'a cluster of which another id is seen is copied all the same',
    file: 'functions/engine/backup/sources.ts',
    from: 'if (strangers.length === 0) return;',
    to: 'if (strangers.length >= 0) return;',
    killedBy: {
      file: TAKING,
      test: 'nothing is taken > of another cluster than the pinned one, which is told',
    },
  },
  {
    name: 'frozen-copied',
    rule: 'R13',
    fault: 'backups of a frozen cluster go on, and old ones are removed',
    file: 'functions/engine/backup/run.ts',
    from: "if (site.config.frozen) return skipped('frozen');",
    to: '',
    killedBy: { file: TAKING, test: 'nothing is taken > of %s' },
  },
  {
    name: 'other-survivor',
    rule: 'R1',
    fault: 'a late message captures another member than the recovery chose',
    file: 'functions/engine/backup/capture.ts',
    from: ' && source.instanceId === instanceId ? source : null',
    to: ' ? source : null',
    killedBy: {
      file: CRASHES,
      test: 'the capture of a survivor > is refused where %s asks for it, however late the message is',
    },
  },
  {
    name: 'survivor-behind',
    rule: 'R12',
    fault: 'a survivor is captured before it applied all that it was chosen for',
    file: 'functions/engine/backup/capture.ts',
    from: 'BigInt(status.appliedIndex) < BigInt(survivor.raftIndex)',
    to: 'BigInt(status.appliedIndex) < 0n',
    killedBy: { file: CRASHES, test: 'the capture of a survivor > takes no database of %s' },
  },
];
