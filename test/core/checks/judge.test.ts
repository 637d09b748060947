import { describe, expect, test } from 'vitest';
import { DEFAULT_BACKUP } from '../../../functions/core/care-settings.ts';
import { CHECK_CODES, entryOf, isCheckCode, OWN_CHECKS } from '../../../functions/core/checks/catalog.ts';
import { WAIT_CHECKS, waitCode } from '../../../functions/core/checks/catalog-waits.ts';
import { judgeChecks } from '../../../functions/core/checks/judge.ts';
import { judgeBackups } from '../../../functions/core/checks/judge-backups.ts';
import { judgeCertificates } from '../../../functions/core/checks/judge-certificates.ts';
import { judgeData } from '../../../functions/core/checks/judge-data.ts';
import { judgeMembers } from '../../../functions/core/checks/judge-members.ts';
import {
  hooksSeen,
  hooksToPut,
  judgePlatform,
  TEMPLATE_HOOKS,
} from '../../../functions/core/checks/judge-platform.ts';
import { judgeTold } from '../../../functions/core/checks/judge-told.ts';
import { judgePending, judgeWaits } from '../../../functions/core/checks/judge-waits.ts';
import { NO_CHECKS } from '../../../functions/core/checks/memory.ts';
import type { ChecksWorld } from '../../../functions/core/checks/world.ts';
import { ADVICE } from '../../../functions/core/finding.ts';
import { HOOK } from '../../../functions/core/names.ts';
import { encodeSpaceRecord, NO_SPACE_RECORD } from '../../../functions/core/space.ts';
import { BACKUP, BEFORE, checkWorld, iso, rules, SETTINGS, seen, ZONES } from '../../support/check-worlds.ts';
import { id, instance, member, memberId, NOW_MS, silent, view } from '../../support/observations.ts';
import { ACTIONS, WAITS } from '../../support/samples.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const codesOf = (checks: ChecksWorld): readonly string[] => judgeChecks(checks).map(({ code }) => code);
const hash = (text: string) => ({ hash: text, compactRevision: '10', revision: '500' });
const statuses = (over: object) => new Map([1, 2, 3].map((n) => [id(n), seen(n, n === 2 ? over : {})]));
const counters = (syncs: number, slowSyncs: number, slowApplies: number) => ({
  syncs,
  slowSyncs,
  slowApplies,
  leaderChanges: 1,
});
const slower = { ...BEFORE, counters: { [id(2)]: counters(1_000, 0, 0) } };
const elected = {
  ...BEFORE,
  samples: [
    { at: iso(500_000), revision: '1', term: '2' },
    { at: iso(60_000), revision: '440', term: '5' },
  ],
};
const versions = (...list: readonly string[]) => ({
  members: list.map((version, at) => member(at + 1, { version })),
});

/** One world for each code of ours in which it stands, beside a close one in which it does not. */
const STORIES: Readonly<
  Record<keyof typeof OWN_CHECKS, { readonly bad: ChecksWorld; readonly fine: ChecksWorld }>
> = {
  tooFewVoters: {
    bad: checkWorld({ members: [member(1), member(2)] }),
    fine: checkWorld({ members: [member(1), member(2)], group: { desiredCapacity: 2 } }),
  },
  leaderChanging: {
    bad: checkWorld(
      { view: view([member(1), member(2), member(3)], { raftTerm: '6' }) },
      { before: elected },
    ),
    fine: checkWorld(
      { view: view([member(1), member(2), member(3)], { raftTerm: '5' }) },
      { before: elected },
    ),
  },
  memberSlow: {
    bad: checkWorld({}, { before: slower, counters: new Map([[id(2), counters(1_020, 8, 0)]]) }),
    fine: checkWorld({}, { before: slower, counters: new Map([[id(2), counters(1_100, 8, 3)]]) }),
  },
  hashesDiffer: {
    bad: checkWorld(
      {},
      { hashes: new Map([1, 2, 3].map((n) => [memberId(n), hash(n === 2 ? 'other' : 'same')])) },
    ),
    fine: checkWorld({}, { hashes: new Map([1, 2, 3].map((n) => [memberId(n), hash('same')])) }),
  },
  quotaNear: {
    bad: checkWorld({ statuses: statuses({ dbSizeBytes: 1_800_000_000, dbSizeInUseBytes: 1_790_000_000 }) }),
    fine: checkWorld({ statuses: statuses({ dbSizeBytes: 1_500_000_000, dbSizeInUseBytes: 1_490_000_000 }) }),
  },
  spaceMade: {
    bad: checkWorld({}, { texts: emptied(60_000) }),
    fine: checkWorld({}, { texts: emptied(HOUR_MS) }),
  },
  fragmented: {
    bad: checkWorld({ statuses: statuses({ dbSizeBytes: 200_000_000, dbSizeInUseBytes: 90_000_000 }) }),
    fine: checkWorld({ statuses: statuses({ dbSizeBytes: 90_000_000, dbSizeInUseBytes: 1_000 }) }),
  },
  versionsDiffer: {
    bad: checkWorld(versions('3.6.14', '3.6.14', '3.6.15')),
    fine: checkWorld(versions('3.6.14', '3.6.14', '3.6.14')),
  },
  versionBad: {
    bad: checkWorld(versions('3.5.5', '3.5.5', '3.5.5')),
    fine: checkWorld(versions('3.5.33', '3.5.33', '3.5.33')),
  },
  versionEnded: {
    bad: checkWorld(versions('3.4.45', '3.4.45', '3.4.45')),
    fine: checkWorld(versions('3.7.1', '3.7.1', '3.7.1')),
  },
  certificateEnding: {
    bad: checkWorld(
      {},
      { certificates: new Map([[id(1), { endsAtMs: NOW_MS + 9 * DAY_MS, refusal: null }]]) },
    ),
    fine: checkWorld(
      {},
      { certificates: new Map([[id(1), { endsAtMs: NOW_MS + 99 * DAY_MS, refusal: null }]]) },
    ),
  },
  certificateRefused: {
    bad: checkWorld(
      {},
      { certificates: new Map([[id(1), { endsAtMs: NOW_MS + 99 * DAY_MS, refusal: 'x' }]]) },
    ),
    fine: checkWorld(
      {},
      { certificates: new Map([[id(1), { endsAtMs: NOW_MS + 99 * DAY_MS, refusal: null }]]) },
    ),
  },
  zonesUnbalanced: {
    bad: checkWorld({ instances: ['a', 'a', 'b'].map((zone, at) => instance(at + 1, { zone })) }),
    fine: checkWorld(
      { instances: ['a', 'a', 'b'].map((zone, at) => instance(at + 1, { zone })) },
      { settings: { ...SETTINGS, zones: ZONES.slice(0, 2) } },
    ),
  },
  recordEdited: {
    bad: checkWorld({}, { pending: [{ kind: 'publishList', list: 'peers', text: 'x', edited: true }] }),
    fine: checkWorld({}, { pending: [{ kind: 'publishList', list: 'peers', text: 'x' }] }),
  },
  recordStale: {
    bad: checkWorld(ticketOf('terminated')),
    fine: checkWorld(ticketOf('running')),
  },
  changesUndone: { bad: checkWorld({}, { pending: [ACTIONS.addLearner] }), fine: checkWorld() },
  hookMissing: { bad: checkWorld({}, { settings: { ...SETTINGS, hooks: [] } }), fine: checkWorld() },
  hookEdited: {
    bad: checkWorld({}, { settings: { ...SETTINGS, hooks: edited({ result: 'CONTINUE' }) } }),
    fine: checkWorld({}, { settings: { ...SETTINGS, hooks: edited({ heartbeatSeconds: 600 }) } }),
  },
  processSuspended: {
    bad: checkWorld({}, { settings: { ...SETTINGS, suspended: [{ process: 'Launch', reason: 'User' }] } }),
    // As CloudFormation does for every rolling update.
    fine: checkWorld(
      {},
      { settings: { ...SETTINGS, suspended: [{ process: 'AZRebalance', reason: 'User' }] } },
    ),
  },
  terminationPolicyMissing: {
    bad: checkWorld({}, { settings: { ...SETTINGS, terminationPolicies: ['Default'] } }),
    fine: checkWorld(
      {},
      { settings: { ...SETTINGS, terminationPolicies: SETTINGS.terminationPolicies.slice(0, 1) } },
    ),
  },
  scheduleStopped: {
    bad: checkWorld({}, { rules: rules('schedule', { isEnabled: false }) }),
    fine: checkWorld(),
  },
  eventsUnheard: {
    bad: checkWorld({}, { rules: rules('events', { isEnabled: false }) }),
    fine: checkWorld({}, { rules: rules().filter(({ name }) => !name.endsWith('-endings')) }),
  },
  backupMissing: {
    bad: checkWorld(claimed(9 * HOUR_MS), { backup: null }),
    fine: checkWorld(claimed(HOUR_MS), { backup: null }),
  },
  backupFailed: {
    bad: checkWorld(
      {},
      { backup: { ...BACKUP, lastFailure: { at: iso(60_000), code: 'AWS_DENIED', text: 'no' } } },
    ),
    fine: checkWorld(
      {},
      { backup: { ...BACKUP, lastFailure: { at: iso(DAY_MS), code: 'AWS_DENIED', text: 'no' } } },
    ),
  },
  backupOld: { bad: checkWorld({}, { backup: backupOf(3 * HOUR_MS, 3 * HOUR_MS) }), fine: checkWorld() },
  backupUnverified: {
    bad: checkWorld({}, { backup: { ...BACKUP, restorable: null, unverifiable: true } }),
    fine: checkWorld(),
  },
  backupUnrestorable: {
    bad: checkWorld({}, { backup: backupOf(1_200_000, 9 * HOUR_MS) }),
    fine: checkWorld({}, { backup: { ...backupOf(60_000, 60_000), restorable: null } }),
  },
  snapshotGone: {
    bad: checkWorld({}, { isSnapshotThere: false }),
    fine: checkWorld({}, { isSnapshotThere: null }),
  },
  // Only the engine finds it: it is what a write came to.
  sightUnwritten: { bad: checkWorld(), fine: checkWorld() },
};

function edited(over: object) {
  return TEMPLATE_HOOKS.map((hook) => (hook.name === HOOK.launch ? { ...hook, ...over } : hook));
}

/** What membership wrote when it made room so long ago. */
function emptied(agoMs: number) {
  const record = encodeSpaceRecord({ ...NO_SPACE_RECORD, repairsAtMs: [NOW_MS - agoMs] });
  return new Map([
    ['config', '{}'],
    ['maintenance', record],
  ]);
}

/** Of an instance that the group does not list, and that is no member. */
function ticketOf(state: 'running' | 'terminated') {
  const known = { kind: 'known', state, privateIp: null, launchedAtMs: 0, zone: 'a' } as const;
  return { records: { ticketNames: [`members/${id(9)}`] }, machines: new Map([[id(9), known]]) };
}

function claimed(agoMs: number) {
  const { records } = checkWorld().world ?? {};
  const claim = records?.claim ?? null;
  return { records: { claim: claim === null ? null : { ...claim, claimedAt: iso(agoMs) } } };
}

function backupOf(lastMs: number, restorableMs: number) {
  return {
    ...BACKUP,
    last: { ...BACKUP.last, at: iso(lastMs) },
    restorable: { ...BACKUP.restorable, at: iso(restorableMs) },
  };
}

test('nothing is found of a healthy cluster', () => {
  expect(judgeChecks(checkWorld())).toEqual([]);
});

test.each([
  judgeBackups,
  judgeCertificates,
  judgeData,
  judgeMembers,
  judgePending,
  judgePlatform,
  judgeTold,
  judgeWaits,
])('$name finds nothing where nothing could be looked at', (judge) => {
  const blind = { world: null, settings: null, rules: null, backup: null, before: null, texts: new Map() };
  expect(judge(checkWorld({}, blind))).toEqual([]);
});

test('a healthy cluster of what Debian ships has no finding above a notice', () => {
  for (const version of ['3.4.23', '3.5.16']) {
    const all = judgeChecks(checkWorld(versions(version, version, version)));
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter(({ code, severity }) => (severity ?? entryOf(code).severity) !== 'notice')).toEqual([]);
  }
});

describe('each finding of our own', () => {
  const judged = Object.entries(STORIES).filter(([code]) => code !== 'sightUnwritten');

  test.each(judged)('%s is found where it stands', (code, { bad }) => {
    expect(codesOf(bad)).toContain(code);
  });

  test.each(judged)('%s is not found beside it', (code, { fine }) => {
    expect(codesOf(fine)).not.toContain(code);
  });

  test('says what, of whom, and what to do', () => {
    for (const [, { bad }] of judged)
      for (const one of judgeChecks(bad)) {
        expect(one.text.length, one.code).toBeGreaterThan(10);
        expect(one.subject, one.code).not.toBe('');
        expect(entryOf(one.code).remedy.length, one.code).toBeGreaterThan(10);
      }
  });
});

describe('waits', () => {
  test.each(Object.values(WAITS))('$kind is a finding under its own name, or deliberately none', (wait) => {
    const code = waitCode(wait.kind);
    const found = judgeChecks(checkWorld({}, { waits: [wait] }));
    if (wait.kind === 'deletionPending') expect(found).toEqual([]);
    else expect(found.map((one) => one.code)).toEqual(code === null ? [] : [code]);
    for (const one of found) expect(one.text).toContain('cluster core');
  });

  test('every kind of wait has a sample here', () => {
    expect(Object.keys(WAITS).sort()).toEqual(Object.keys(WAIT_CHECKS).sort());
  });
});

describe('what DNS and registry tell', () => {
  const told = (code: string): ChecksWorld => {
    const text = JSON.stringify({ version: 1, findings: [{ code, subject: 'i-1', detail: 'it is so' }] });
    return checkWorld(
      {},
      {
        texts: new Map([
          ['config', ''],
          ['dns/Z1', text],
          ['other', text],
        ]),
      },
    );
  };

  test.each(Object.keys(ADVICE))('%s is found, once, with its own advice', (code) => {
    const found = judgeChecks(told(code));
    expect(found).toMatchObject([{ code, subject: 'i-1', text: 'it is so' }]);
    expect(found[0]?.repair).toBe(code === 'edited' ? 'repaired' : 'left');
  });

  test('what another version tells is left to it', () => {
    expect(judgeChecks(told('somethingNewer'))).toEqual([]);
  });
});

test('every code of the catalog is one of these', () => {
  const waits = Object.keys(WAIT_CHECKS).filter((kind) =>
    Object.entries(WAIT_CHECKS).some(([one, entry]) => one === kind && entry !== null),
  );
  const all = new Set([...Object.keys(OWN_CHECKS), ...waits, ...Object.keys(ADVICE)]);
  expect(CHECK_CODES).toEqual([...all].sort());
  expect(CHECK_CODES.every(isCheckCode)).toBe(true);
  expect(isCheckCode('toString')).toBe(false);
});

describe('a cluster that nobody has to look after', () => {
  const bad = { settings: { ...SETTINGS, hooks: [] }, waits: [WAITS.voterSilent] };

  test('that is being deleted', () => {
    expect(judgeChecks(checkWorld({ group: { deleting: true } }, bad))).toEqual([]);
    expect(judgeChecks(checkWorld({}, { ...bad, texts: new Map([['teardown', '']]) }))).toEqual([]);
    expect(judgeChecks(checkWorld({}, { ...bad, world: null, waits: [WAITS.deletionPending] }))).toEqual([]);
  });

  test('that was never made: its rules come before its group', () => {
    const waits = [WAITS.groupMissing];
    expect(judgeChecks(checkWorld({}, { world: null, waits, texts: new Map() }))).toEqual([]);
    const claimed = new Map([['bootstrap', '{}']]);
    expect(codesOf(checkWorld({}, { world: null, waits, texts: claimed }))).toContain('groupMissing');
  });
});

describe('severity', () => {
  const severityOf = (code: string, checks: ChecksWorld) =>
    judgeChecks(checks).find((one) => one.code === code)?.severity;

  test('of a certificate grows as its end comes closer', () => {
    const ending = (days: number) =>
      checkWorld({}, { ownCertificates: [{ name: '/ca', endsAtMs: NOW_MS + days * DAY_MS }] });
    expect(severityOf('certificateEnding', ending(20))).toBe('warning');
    expect(severityOf('certificateEnding', ending(2))).toBe('critical');
    expect(severityOf('certificateEnding', ending(-1))).toBe('critical');
  });

  test('of a full database grows near its quota', () => {
    const full = (dbSizeBytes: number) => checkWorld({ statuses: statuses({ dbSizeBytes }) });
    expect(severityOf('quotaNear', full(1_800_000_000))).toBe('warning');
    expect(severityOf('quotaNear', full(2_100_000_000))).toBe('critical');
  });

  test('of missing voters is a notice while one failure can be borne', () => {
    const members = [1, 2, 3, 4].map((n) => member(n));
    const four = checkWorld({ members, group: { desiredCapacity: 5 } });
    expect(severityOf('tooFewVoters', four)).toBe('notice');
    expect(severityOf('tooFewVoters', STORIES.tooFewVoters.bad)).toBe('warning');
  });

  test('of versions that are two minors apart is no notice any more', () => {
    expect(severityOf('versionsDiffer', checkWorld(versions('3.5.33', '3.5.33', '3.7.1')))).toBe('warning');
  });
});

describe('hooks', () => {
  const gone = { ...SETTINGS, hooks: SETTINGS.hooks.filter(({ name }) => name !== HOOK.launch) };

  test('are put back as they were last seen whole, else as the template has them', () => {
    const own = { ...TEMPLATE_HOOKS[0], heartbeatSeconds: 900, metadata: 'ours' };
    const hooks = [own as (typeof TEMPLATE_HOOKS)[number]];
    expect(hooksToPut(checkWorld({}, { settings: gone }))).toEqual([TEMPLATE_HOOKS[0]]);
    expect(hooksToPut(checkWorld({}, { settings: gone, memory: { ...NO_CHECKS, hooks } }))).toEqual(hooks);
    expect(hooksToPut(checkWorld())).toEqual([]);
  });

  test('are not put back where nobody could read them, while frozen, or while the group is deleted', () => {
    expect(hooksToPut(checkWorld({}, { settings: null }))).toEqual([]);
    expect(hooksToPut(checkWorld({ config: { frozen: true } }, { settings: gone }))).toEqual([]);
    expect(hooksToPut(checkWorld({ group: { deleting: true } }, { settings: gone }))).toEqual([]);
  });

  test('that are useless are never remembered, nor put back', () => {
    const bad = edited({ heartbeatSeconds: 30 });
    const memory = { ...NO_CHECKS, hooks: TEMPLATE_HOOKS };
    expect(hooksSeen(checkWorld({}, { settings: { ...SETTINGS, hooks: bad }, memory }))).toEqual(
      TEMPLATE_HOOKS,
    );
    expect(hooksToPut(checkWorld({}, { settings: gone, memory: { ...NO_CHECKS, hooks: bad } }))).toEqual([
      TEMPLATE_HOOKS[0],
    ]);
  });
});

describe('the permit', () => {
  const held = (since: string) =>
    checkWorld({}, { permit: JSON.stringify({ owner: 'x', reason: 'y', since }) });

  test('is a finding when it is older than any lease, or nobody knows since when', () => {
    expect(codesOf(held(iso(10_000)))).toEqual([]);
    expect(codesOf(held(iso(600_000)))).toEqual(['permitHeld']);
    expect(codesOf(checkWorld({}, { permit: 'by hand' }))).toEqual(['permitHeld']);
  });
});

describe('schedules and rules', () => {
  test('a schedule that is gone, disabled or sends elsewhere has stopped', () => {
    const stopped = [
      rules().filter(({ isSchedule }) => !isSchedule),
      rules('schedule', { isEnabled: false }),
      rules('schedule', { isHeard: false }),
    ];
    for (const list of stopped) expect(codesOf(checkWorld({}, { rules: list }))).toContain('scheduleStopped');
    expect(codesOf(checkWorld({}, { rules: null }))).toEqual([]);
  });

  test('events are unheard where their rule is gone, disabled or sends elsewhere', () => {
    const deaf = [
      rules().filter(({ name }) => !name.endsWith('-events')),
      rules('events', { isHeard: false }),
      rules('members', { isEnabled: false }),
    ];
    for (const list of deaf) expect(codesOf(checkWorld({}, { rules: list }))).toEqual(['eventsUnheard']);
  });
});

test('a voter that does not keep up, and one that does not let us, are found though others answer', () => {
  const version = '3.6.14';
  const behind = member(3, { raftIndex: 1_000n, version });
  const ahead = { raftIndex: 9_000n, version };
  const members = [member(1, ahead), member(2, ahead), behind];
  expect(judgeChecks(checkWorld({ members }))).toMatchObject([{ code: 'voterBehind', subject: id(3) }]);
  const checks = checkWorld({ members: [member(1), member(2), silent(3)] });
  const etcd = checks.world?.etcd;
  const turnedAway = [{ instanceId: id(3), because: 'untrusted' as const }];
  const world =
    checks.world === null || etcd === undefined ? null : { ...checks.world, etcd: { ...etcd, turnedAway } };
  expect(codesOf({ ...checks, world })).toContain('accessRefused');
});

test('a ticket of a member, or where no voter answers, is never stale', () => {
  const machines = new Map([[id(3), { kind: 'notFound' } as const]]);
  const records = { ticketNames: [`members/${id(3)}`] };
  const instances = [1, 2].map((n) => instance(n, { zone: ZONES[n] ?? '' }));
  expect(codesOf(checkWorld({ instances, machines, records }))).not.toContain('recordStale');
  expect(codesOf(checkWorld({ ...ticketOf('terminated'), view: null }))).not.toContain('recordStale');
});

test('what membership put back itself is shown for two rounds', () => {
  const { world } = checkWorld();
  const repaired = (agoMs: number): ChecksWorld => {
    const status = { ...ACTIONS.publishStatus.status, repaired: [{ name: 'peers', at: iso(agoMs) }] };
    return checkWorld({ records: { ...world?.records, status } });
  };
  expect(judgeChecks(repaired(60_000))).toMatchObject([
    { code: 'recordEdited', subject: 'peers', repair: 'repaired' },
  ]);
  expect(judgeChecks(repaired(200_000))).toEqual([]);
});

test('no backup is missed where none is asked for, or nothing was ever founded; one that is old is told once', () => {
  const off = { config: { backup: { ...DEFAULT_BACKUP, intervalMinutes: 0 } } };
  expect(codesOf(checkWorld({ ...claimed(9 * HOUR_MS), ...off }, { backup: null }))).toEqual([]);
  expect(codesOf(checkWorld({ records: { claim: null } }, { backup: null }))).toEqual([]);
  expect(codesOf(checkWorld({}, { backup: backupOf(9 * HOUR_MS, 9 * HOUR_MS) }))).toEqual(['backupOld']);
});

test('what could not be read is told, and hides nothing else', () => {
  const unread = [{ what: 'the rules', because: 'AWS_DENIED (no)' }];
  const found = judgeChecks(checkWorld({}, { rules: null, unread, settings: { ...SETTINGS, hooks: [] } }));
  expect(found.map(({ code }) => code)).toEqual(['hookMissing', 'hookMissing', 'notReadable']);
});

test('databases that were compacted differently say nothing of each other', () => {
  const hashes = new Map([1, 2, 3].map((n) => [memberId(n), { ...hash(`${n}`), compactRevision: `${n}` }]));
  expect(codesOf(checkWorld({}, { hashes }))).toEqual([]);
  const several = new Map([1, 2, 3].map((n) => [memberId(n), hash(`${n}`)]));
  expect(judgeChecks(checkWorld({}, { hashes: several }))).toMatchObject([
    { code: 'hashesDiffer', subject: 'core' },
  ]);
});

test('counters of an etcd that was started anew are not compared with those of before', () => {
  const again = new Map([[id(2), counters(20, 10, 900)]]);
  expect(codesOf(checkWorld({}, { before: slower, counters: again }))).toEqual([]);
  const old = { ...slower, at: iso(HOUR_MS) };
  expect(
    codesOf(checkWorld({}, { before: old, counters: new Map([[id(2), counters(2_000, 900, 9_000)]]) })),
  ).toEqual([]);
});
