import type { Mutant } from '../mutant.ts';

/** Faults that show only when very many instances come or go at once. */
export const STORMS: readonly Mutant[] = [
  {
    name: 'heartbeats-take-the-whole-pass',
    rule: 'R7',
    fault: 'a pass sends heartbeats for as long as somebody needs one, and does nothing else',
    file: 'functions/engine/beats.ts',
    from: 'clock.nowMs() - nowMs < BEATS_MS_MAX',
    to: 'clock.nowMs() >= nowMs',
    killedBy: {
      file: 'test/engine/dns/many.test.ts',
      test: 'where many leave at once > heartbeats leave time for the records, and answers end before the function does',
    },
  },
  {
    name: 'latest-heartbeat-first',
    rule: 'R7',
    fault: 'who was extended a moment ago is extended before who was not for long',
    file: 'functions/engine/beats.ts',
    from: 'a.lastMs - b.lastMs',
    to: 'b.lastMs - a.lastMs',
    killedBy: {
      file: 'test/engine/beats.test.ts',
      test: 'heartbeats leave time for the work: those that waited longest are sent, the others are counted',
    },
  },
  {
    name: 'unread-hooks-get-no-heartbeat',
    rule: 'R7',
    fault: 'a hook that nobody could read gets no heartbeat',
    file: 'functions/engine/beats.ts',
    from: 'settings === undefined || nowMs',
    to: 'settings !== undefined && nowMs',
    killedBy: {
      file: 'test/engine/beats.test.ts',
      test: 'a heartbeat > %i s after the last one, of a hook like %j, is sent %i times',
    },
  },
  {
    name: 'registry-answers-without-end',
    rule: 'R7',
    fault: 'one look answers hooks for longer than it may rely on what it saw',
    file: 'functions/engine/registry/apply.ts',
    from: 'sideBySide(completions, answer, mayGoOn)',
    to: 'sideBySide(completions, answer)',
    killedBy: {
      file: 'test/engine/registry/many.test.ts',
      test: 'where many leave at once > one look answers as many hooks as there is time for, and the next goes on',
    },
  },
  {
    name: 'registry-leaves-the-rest-to-the-schedule',
    rule: 'R8',
    fault: 'hooks that there was no time for wait for the next minute',
    file: 'functions/engine/registry/pass.ts',
    from: 'if (applied.isUnfinished) return 0;',
    to: '',
    killedBy: {
      file: 'test/engine/registry/many.test.ts',
      test: 'where many leave at once > one look answers as many hooks as there is time for, and the next goes on',
    },
  },
  {
    name: 'registry-forgets-hooks-it-cannot-read',
    rule: 'R7',
    fault: 'whenever hooks cannot be read, everybody gets a heartbeat, which makes the throttling worse',
    file: 'functions/engine/registry/hooks.ts',
    from: 'memory.hookOf(name)',
    to: 'hooks.get(name)',
    killedBy: {
      file: 'test/engine/registry/many.test.ts',
      test: 'where many leave at once > hooks that cannot be read now are extended as they were read last: not all of them, in every look',
    },
  },
  {
    name: 'dns-answers-without-end',
    rule: 'R7',
    fault: 'a pass answers hooks until the function is broken off',
    file: 'functions/engine/dns/pass.ts',
    from: 'sideBySide(due, answer, mayGoOn)',
    to: 'sideBySide(due, answer)',
    killedBy: {
      file: 'test/engine/dns/many.test.ts',
      test: 'where many leave at once > heartbeats leave time for the records, and answers end before the function does',
    },
  },
];
