import type { Mutant } from '../mutant.ts';

const WORKERS = 'test/custom-resources/workers.test.ts';
const DELETE = 'test/custom-resources/delete.test.ts';

/** Faults of what is decided when a stack is made, changed or deleted. */
export const STACKS: readonly Mutant[] = [
  {
    name: 'foreign-mark-accepted',
    rule: 'R11',
    fault: 'a group may ask for a name that bears the mark of somebody else',
    file: 'functions/core/place.ts',
    from: "if (holder === 'somebodyElse') {",
    to: "if (holder === 'somebodyElse' && place.zone.isPrivate) {",
    killedBy: { file: WORKERS, test: 'a name in DNS > that is marked as that of %s is refused' },
  },
  {
    name: 'foreign-records-accepted',
    rule: 'R11',
    fault: 'a group may ask for a name at which somebody has records',
    file: 'functions/core/place.ts',
    from: "const ANSWERS = ['A', 'AAAA', 'CNAME'];",
    to: "const ANSWERS = ['CNAME'];",
    killedBy: { file: WORKERS, test: 'a name in DNS > at which somebody wrote a %s by hand is refused' },
  },
  {
    name: 'zone-of-name-not-compared',
    rule: 'R9',
    fault: 'a name outside of its zone is accepted, and never published',
    file: 'functions/core/place.ts',
    from: 'if (!isInZone(name, place.zone.name))',
    to: "if (!isInZone(name, name.split('.').at(-1) ?? ''))",
    killedBy: { file: WORKERS, test: 'a name in DNS > must lie in its zone: %s' },
  },
  {
    name: 'name-not-in-id',
    rule: 'R8',
    fault: 'another name in DNS is no replacement: the old one is given up by nobody',
    file: 'functions/core/worker-resource.ts',
    from: 'group.front.name}`;',
    to: 'group.front.address}`;',
    killedBy: {
      file: WORKERS,
      test: 'an update > to another name is another id, so that the old name is deleted after the group has changed',
    },
  },
  {
    name: 'dying-cluster-joined',
    rule: 'R9',
    fault: 'a group may join a cluster that is being deleted',
    file: 'functions/core/worker-resource.ts',
    from: 'if (registered.teardown !== null) return',
    to: 'if (registered.configText === null && registered.teardown !== null) return',
    killedBy: {
      file: WORKERS,
      test: 'a group of workers that joins > of a cluster that is unknown, being deleted, or of another kind of TLS is refused',
    },
  },
  {
    name: 'memory-of-dns-deleted-by-membership',
    rule: 'R8',
    fault: 'what dns recorded of a zone is deleted with the cluster, and its records stay for ever',
    file: 'functions/core/plan/teardown.ts',
    from: 'all.filter((name) => !name.startsWith(PARAMETER.dns))',
    to: 'all.filter((name) => name !== PARAMETER.dns)',
    killedBy: {
      file: 'test/core/plan/hooks.test.ts',
      test: 'under the intent to delete > what dns recorded of a zone stays, for only dns can remove the records that it names',
    },
  },
  {
    name: 'memory-of-dns-deleted-by-stack',
    rule: 'R8',
    fault: 'the deletion of a registration deletes what dns recorded of a zone',
    file: 'functions/core/custom-resource.ts',
    from: 'all.filter((name) => !name.startsWith(PARAMETER.dns))',
    to: 'all.filter((name) => name !== PARAMETER.dns)',
    killedBy: {
      file: DELETE,
      test: 'deleting a cluster with records in a zone > never deletes what only dns can use (founded: %s)',
    },
  },
  {
    name: 'records-left-behind',
    rule: 'R9',
    fault: 'a registration of which only records in a zone are left counts as gone',
    file: 'functions/core/custom-resource.ts',
    from: "zones.length === 0 ? 'nothing' : 'waitForDns'",
    to: "zones.length > 1 ? 'waitForDns' : 'nothing'",
    killedBy: {
      file: DELETE,
      test: 'deleting a cluster with records in a zone > of which nothing else is recorded any more records no new intent, which would stand in the way',
    },
  },
];
