import type { Mutant } from '../mutant.ts';

const MEMBERS = 'test/reboot-gate/members.test.ts';
const WORKERS = 'test/reboot-gate/workers.test.ts';
const REQUESTS = 'test/reboot-gate/requests.test.ts';
const PLANNER = 'test/core/plan/rebooting.test.ts';

export const REBOOTS: readonly Mutant[] = [
  {
    name: 'reboot-without-fresh-look',
    rule: 'R3',
    fault: 'a member is let go on what was seen before the permit was taken',
    file: 'functions/engine/reboot/members.ts',
    from: '    const judged = verdict(fresh, id);\n    if (judged !== null) return judged;\n',
    to: '',
    killedBy: {
      file: MEMBERS,
      test: 'a member is refused > when what it saw before the permit does not hold any more',
    },
  },
  {
    name: 'reboot-without-fence',
    rule: 'R3',
    fault: 'the lock is written by a function that has lost the permit unseen',
    file: 'functions/engine/reboot/members.ts',
    from: 'null, text, this.#permit.lease);',
    to: 'null, text, null);',
    killedBy: {
      file: MEMBERS,
      test: 'a member is refused > when the permit was lost meanwhile: the lock is not written, whatever was seen',
    },
  },
  {
    name: 'reboot-of-the-leader',
    rule: 'R10',
    fault: 'a member reboots while it leads',
    file: 'functions/engine/reboot/members.ts',
    from: 'tries < TRANSFERS_MAX; tries',
    to: 'tries < 0; tries',
    killedBy: {
      file: MEMBERS,
      test: 'a member that asks for the lock > does not lead when it gets it: leadership was moved away first, under the permit',
    },
  },
  {
    name: 'reboot-waits-for-ever-for-a-transfer',
    rule: 'R10',
    fault: 'a member whose leadership does not move is never let go',
    file: 'functions/engine/reboot/members.ts',
    from: "    if (!(await this.#isOurs(look))) return denied(refusal('change_in_flight'), this.#id);\n    return this.#write(look);",
    to: "    if (!(await this.#isOurs(look)) || look.view.leaderId === memberOf(look.view.members, this.#id)?.id) return denied(refusal('change_in_flight'), this.#id);\n    return this.#write(look);",
    killedBy: {
      file: MEMBERS,
      test: 'a member that asks for the lock > gets it although leadership will not move, after three tries, and the reason is told',
    },
  },
  {
    name: 'reboot-of-the-frozen',
    rule: 'R13',
    fault: 'workers of a frozen cluster are let go',
    file: 'functions/engine/reboot/workers.ts',
    from: "  if (look.world.config.frozen) return denied(refusal('cluster_frozen'), id);\n",
    to: '',
    killedBy: { file: WORKERS, test: 'workers > of a frozen cluster get no lock' },
  },
  {
    name: 'reboot-lock-dropped-early',
    rule: 'R5',
    fault: 'the lock of a worker is dropped because EC2 does not know the instance yet',
    file: 'functions/engine/reboot/workers.ts',
    from: '  return isLongHeld(holder, nowMs);\n',
    to: '  return holder.since !== String(nowMs);\n',
    killedBy: { file: WORKERS, test: 'a worker that dies with its lock > keeps it while %s' },
  },
  {
    name: 'reboot-lock-dropped-while-listed',
    rule: 'R5',
    fault: 'the lock of a worker is dropped although its group lists it',
    file: 'functions/engine/reboot/workers.ts',
    from: 'holders.filter(({ instanceId }) => !listed.has(instanceId))',
    to: 'holders.filter(({ instanceId }) => listed.size >= 0 && instanceId !== "")',
    killedBy: {
      file: WORKERS,
      test: 'a worker that dies with its lock > keeps it as long as its group lists it, and is told as overdue after half an hour',
    },
  },
  {
    name: 'reboot-lock-taken-twice',
    rule: 'R3',
    fault: 'two workers that ask at once both get the last place',
    file: 'functions/engine/reboot/workers.ts',
    from: "    if ((await etcd.swap(view.witness, key, before, after, null)) === 'swapped')\n",
    to: '    await etcd.swap(view.witness, key, before, after, null);\n    if (gone !== null)\n',
    killedBy: {
      file: WORKERS,
      test: 'workers > of whom many ask at the same time get what there is, each once, and the others are told so',
    },
  },
  {
    name: 'change-while-rebooting',
    rule: 'R3',
    fault: 'members change while one of them reboots',
    file: 'functions/core/plan/rebooting.ts',
    from: '  needsPermit(action) || (action',
    to: '  (action',
    killedBy: {
      file: PLANNER,
      test: 'while a member holds the lock for reboots > nothing that disturbs the cluster is done where %s, and what is withheld is told',
    },
  },
  {
    name: 'report-counted-while-rebooting',
    rule: 'R8',
    fault: 'a report that is withheld is counted, and never made',
    file: 'functions/core/plan/rebooting.ts',
    from: "(action.kind === 'remember' && reportedIn(action, memory.reportedAtMs).length > 0)",
    to: "(action.kind === 'remember' && reportedIn(action, memory.reportedAtMs).length > 99)",
    killedBy: {
      file: PLANNER,
      test: 'while a member holds the lock for reboots > a voter whose silence lasted too long > is neither counted nor reported when it is another one, and both when it is that member',
    },
  },
  {
    name: 'reboot-lock-expires',
    rule: 'R9',
    fault: 'a lock that is overdue is not told any more',
    file: 'functions/core/plan/rebooting.ts',
    from: "isOverdue(holder, world.takenAtMs) ? 'rebootOverdue' : 'rebooting'",
    to: "isOverdue(holder, 0) ? 'rebootOverdue' : 'rebooting'",
    killedBy: { file: PLANNER, test: 'the lock itself > is told as overdue after half an hour, and stays' },
  },
  {
    name: 'reboot-lock-unreadable-is-free',
    rule: 'R3',
    fault: 'a lock that cannot be read is taken for one that nobody holds',
    file: 'functions/core/reboot/lock.ts',
    from: 'const UNKNOWN_LOCK: RebootLock = { holders: [], ours: false };',
    to: 'const UNKNOWN_LOCK: RebootLock = { holders: [], ours: true };',
    killedBy: {
      file: MEMBERS,
      test: 'a member is refused > where the lock holds what this version does not know, which stays as it is',
    },
  },
  {
    name: 'reboot-secret-open',
    rule: 'R9',
    fault: 'a secret that everybody may read lets people in',
    file: 'functions/core/reboot/secret.ts',
    from: '  if (!secret.isSecure)',
    to: '  if (secret.value === "")',
    killedBy: {
      file: REQUESTS,
      test: 'access > is given by a secret that can be used only, and the log says what is wrong with it',
    },
  },
];
