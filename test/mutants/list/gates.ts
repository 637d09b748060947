import type { Mutant } from '../mutant.ts';

const JUDGE = 'test/core/gate/judge.test.ts';
const ANSWERS = 'test/core/gate/answers.test.ts';
const ROOM = 'test/gate/room.test.ts';
const CRASHES = 'test/gate/crash-points.test.ts';
const RESOURCE = 'test/core/gate-resource.test.ts';
const ASKED = 'test/custom-resources/gate.test.ts';

/** Faults of what updates of stacks wait for. */
export const GATES: readonly Mutant[] = [
  {
    name: 'gate-believes-any-status',
    rule: 'R3',
    fault: 'a gate opens on a status that nobody was asked for, and whose writer may be dead',
    file: 'functions/core/gate/judge.ts',
    from: 'status === null || !config.ok || !isAnswer(status.asked)',
    to: "status === null || !config.ok || (status.health !== 'healthy' && !isAnswer(status.asked))",
    killedBy: {
      file: JUDGE,
      test: 'a gate > believes no status that answers no look of its own, however well it tells',
    },
  },
  {
    name: 'gate-believes-its-last-answer',
    rule: 'R3',
    fault: 'a gate opens on the answer to a look of long ago',
    file: 'functions/gate/watch.ts',
    from: 'text === this.#firstText ? this.#nonceOfReceive : this.#nonce',
    to: 'this.#firstText === null ? this.#nonceOfReceive : this.#nonce',
    killedBy: { file: ROOM, test: 'a status > that answers an earlier receive proves nothing about now' },
  },
  {
    name: 'gate-opens-for-mistyped-cluster',
    rule: 'R9',
    fault: 'a gate for a cluster that nobody registered finds nothing to protect',
    file: 'functions/core/gate/judge.ts',
    from: 'require.voters !== null || !texts.has(PARAMETER.config)',
    to: 'require.voters !== null',
    killedBy: {
      file: JUDGE,
      test: 'a cluster that is not founded > is no cluster that nobody registered: that may be a mistyped name',
    },
  },
  {
    name: 'gate-does-not-wait-for-founders',
    rule: 'R9',
    fault: 'a gate that asks for voters opens before there is a cluster',
    file: 'functions/core/gate/judge.ts',
    from: 'require.voters !== null || !texts.has(PARAMETER.config)',
    to: '!texts.has(PARAMETER.config)',
    killedBy: {
      file: JUDGE,
      test: 'a cluster that is not founded > has nothing to protect, and is waited for where its voters are asked for',
    },
  },
  {
    name: 'gate-opens-after-an-old-rollback',
    rule: 'R3',
    fault: 'a gate opens because the stack was rolled back before this update',
    file: 'functions/core/gate/letting-go.ts',
    from: '/ROLLBACK_IN_PROGRESS$|',
    to: '/ROLLBACK|',
    killedBy: { file: ANSWERS, test: 'a stack > in %s does not' },
  },
  {
    name: 'gate-opens-when-stack-unknown',
    rule: 'R3',
    fault: 'a stack of which CloudFormation says nothing is taken for one that goes back',
    file: 'functions/gate/watch.ts',
    from: 'this.#expected(error);\n      return null;',
    to: "this.#expected(error);\n      return 'ROLLBACK_IN_PROGRESS';",
    killedBy: {
      file: ROOM,
      test: 'nothing is held up > but a stack %s is not taken for one that goes back',
    },
  },
  {
    name: 'gate-holds-up-rollback',
    rule: 'R9',
    fault: 'a gate judges the cluster while its stack goes back, and makes the rollback fail',
    file: 'functions/gate/watch.ts',
    from: 'if (isLettingGo(stackStatus))',
    to: "if (isLettingGo(stackStatus) && this.verdict.kind !== 'shut')",
    killedBy: { file: ROOM, test: 'nothing is held up > in a rollback that begins while it waits' },
  },
  {
    name: 'old-properties-hold-up-rollback',
    rule: 'R9',
    fault: 'a rollback fails over properties that an older version accepted',
    file: 'functions/custom-resources/gate.ts',
    from: '!(await letsGo(site, request))',
    to: "(await letsGo(site, request)) || request.kind !== 'Delete'",
    killedBy: { file: ASKED, test: 'S57 in a rollback > properties of a form that is no longer known pass' },
  },
  {
    name: 'gate-says-two-things',
    rule: 'R8',
    fault: 'a gate that was killed when its time was over answers again without a look, and otherwise',
    file: 'functions/gate/receive.ts',
    from: 'const LAST_LOOK_MS = 5_000;',
    to: 'const LAST_LOOK_MS = 0;',
    killedBy: {
      file: CRASHES,
      test: '%s: > S55, S56 %s at every effect, it is answered all the same, and never with two different answers',
    },
  },
  {
    name: 'gate-requests-confused',
    rule: 'R8',
    fault: 'the next request to a gate is taken for a repetition of the last, and never answered',
    file: 'functions/core/gate-resource.ts',
    from: '[stackId, logicalId, requestId].join',
    to: '[stackId, logicalId].join',
    killedBy: {
      file: RESOURCE,
      test: 'the key of a request > is that of the same request only, and fits a queue whatever it is made of',
    },
  },
  {
    name: 'gate-waits-without-end',
    rule: 'R9',
    fault: 'a gate whose time is over does not say why',
    file: 'functions/core/gate/timing.ts',
    from: 'message.receiveCount >= RECEIVES_MAX || nowMs >= deadlineOf(message, timeoutSeconds);',
    to: 'message.receiveCount >= RECEIVES_MAX;',
    killedBy: {
      file: ROOM,
      test: 'when the time is over > a weak cluster is refused, with the reasons and what to do',
    },
  },
  {
    name: 'gate-ends-with-the-dead',
    rule: 'R9',
    fault: 'a request that was received too often goes to the dead letters unanswered',
    file: 'functions/core/gate/timing.ts',
    from: 'message.receiveCount >= RECEIVES_MAX || nowMs >= deadlineOf(message, timeoutSeconds);',
    to: 'nowMs >= deadlineOf(message, timeoutSeconds);',
    killedBy: {
      file: ROOM,
      test: 'when the time is over > it is refused before the queue would give it to the dead',
    },
  },
  {
    name: 'gate-answers-after-cloudformation',
    rule: 'R9',
    fault: 'a gate with the longest timeout answers when CloudFormation has given up',
    file: 'functions/core/gate-resource.ts',
    from: 'Math.min(timeoutSeconds, heardSeconds - ANSWER_SECONDS)',
    to: 'Math.max(timeoutSeconds, heardSeconds - TIMEOUT_SECONDS_MAX)',
    killedBy: {
      file: ROOM,
      test: 'when the time is over > an hour is cut short, so that CloudFormation hears the reason',
    },
  },
  {
    name: 'gate-waits-for-forbidden-version',
    rule: 'R9',
    fault: 'an update to a version that may not follow is refused only when the time is over',
    file: 'functions/gate/receive.ts',
    from: '(isVain && own.isStackKnown) || isLastReceive(',
    to: 'isLastReceive(',
    killedBy: {
      file: ROOM,
      test: 'S66 a version that may not follow is refused at once, not when the time is over',
    },
  },
  {
    name: 'gate-refuses-a-rollback-unseen',
    rule: 'R9',
    fault:
      'an update that goes back to an older version is refused while CloudFormation does not say that it goes back',
    file: 'functions/gate/receive.ts',
    from: '(isVain && own.isStackKnown) || isLastReceive(',
    to: 'isVain || isLastReceive(',
    killedBy: {
      file: ROOM,
      test: 'where CloudFormation does not say whether the stack goes back > S66 a version that may not follow is refused when the time is over: it may be the one to go back to',
    },
  },
  {
    name: 'gate-keeps-signature',
    rule: 'R9',
    fault: 'the signed URL of a request lies in the dead-letter queue',
    file: 'functions/core/gate/message.ts',
    from: "'$1?…'",
    to: "'$&'",
    killedBy: {
      file: ANSWERS,
      test: 'a request in the queue > that nobody can read is kept without the signature of its URL',
    },
  },
];
