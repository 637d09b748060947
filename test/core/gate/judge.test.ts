import { describe, expect, test } from 'vitest';
import { type BackupRecord, encodeBackup, NO_BACKUP } from '../../../functions/core/backup/parameter.ts';
import { type GateVerdict, judgeGate } from '../../../functions/core/gate/judge.ts';
import type { Gate, GateRequire } from '../../../functions/core/gate-resource.ts';
import type { Status } from '../../../functions/core/status.ts';
import { CONFIG, founded, WEAK, WHOLE } from '../../gate/cluster.ts';

const NOTHING_ASKED: GateRequire = {
  tolerance: 1,
  stableSeconds: null,
  voters: null,
  maxLag: null,
  snapshotMaxAgeSeconds: null,
  etcdVersion: null,
};
const gateOf = (require: Partial<GateRequire> = {}): Gate => ({
  cluster: 'core',
  require: { ...NOTHING_ASKED, ...require },
  timeoutSeconds: 600,
});

const judge = (
  texts: ReadonlyMap<string, string>,
  require: Partial<GateRequire> = {},
  isAnswer: (asked: readonly string[]) => boolean = () => true,
): GateVerdict => judgeGate(gateOf(require), texts, isAnswer);

const codes = (verdict: GateVerdict): readonly string[] =>
  verdict.kind === 'shut' ? verdict.shortfalls.map(({ code }) => code) : [`open: ${verdict.kind}`];

const steadyFor = (seconds: number): Status => ({
  ...WHOLE,
  steadySince: new Date(Date.parse(WHOLE.at) - seconds * 1_000).toISOString(),
});

describe('a gate', () => {
  test('opens for a cluster that is whole, and says since when', () => {
    expect(judge(founded(WHOLE))).toEqual({ kind: 'whole', voterCount: 3, since: WHOLE.steadySince });
  });

  test('stays shut while a voter is silent, with the reason', () => {
    expect(codes(judge(founded(WEAK)))).toContain('voterSilent');
  });

  test('believes no status that answers no look of its own, however well it tells', () => {
    expect(codes(judge(founded(WHOLE), {}, () => false))).toEqual(['statusOld']);
    const answered: Status = { ...WHOLE, asked: ['gate-1/1.1'] };
    expect(judge(founded(answered), {}, (asked) => asked.includes('gate-1/1.1')).kind).toBe('whole');
  });

  test('still tells what the last status says is missing where no newer one came, beside that it is old', () => {
    const told = codes(judge(founded(WEAK), {}, () => false));
    expect(told).toContain('voterSilent');
    expect(told.at(-1)).toBe('statusOld');
  });

  test('takes what an older version of the autopilot wrote for unknown, never for fine', () => {
    const { desired, alarms, steadySince, shortfalls, ...old } = WHOLE;
    expect([desired, alarms, steadySince, shortfalls].length).toBe(4);
    const texts = founded(WHOLE, { status: JSON.stringify(old) });
    expect(codes(judge(texts))).toContain('statusOld');
    expect(codes(judge(founded(WHOLE, { status: 'what?' })))).toEqual(['statusOld']);
    expect(codes(judge(founded(WHOLE, { status: null })))).toEqual(['statusOld']);
  });

  test('waits for the window of the cluster, or for its own, by the time of the look', () => {
    expect(codes(judge(founded(steadyFor(9))))).toEqual(['unstable']);
    expect(judge(founded(steadyFor(10))).kind).toBe('whole');
    expect(codes(judge(founded(steadyFor(59)), { stableSeconds: 60 }))).toEqual(['unstable']);
    expect(judge(founded(steadyFor(0)), { stableSeconds: 0 }).kind).toBe('whole');
  });

  test('knows how long the window takes, when nothing else is missing', () => {
    expect(judge(founded(steadyFor(4)))).toMatchObject({ kind: 'shut', wholeInMs: 6_000 });
    expect(judge(founded(WEAK))).toMatchObject({ kind: 'shut', wholeInMs: null });
    expect(judge(founded(steadyFor(4)), { voters: 5 })).toMatchObject({ kind: 'shut', wholeInMs: null });
  });

  test('asks for as many voters and as little lag as it is told to', () => {
    expect(codes(judge(founded(WHOLE), { voters: 5 }))).toContain('tooFewVoters');
    expect(codes(judge(founded(WHOLE), { tolerance: 2 }))).toEqual(['toleratesTooFew']);
    const behind = { ...WHOLE, voters: WHOLE.voters.map((voter) => ({ ...voter, lag: 50 })) };
    expect(judge(founded(behind)).kind).toBe('whole');
    expect(codes(judge(founded(behind), { maxLag: 49 }))).toContain('voterBehind');
  });

  test('asks for a snapshot only where it is told to', () => {
    expect(judge(founded(WHOLE)).kind).toBe('whole');
    expect(codes(judge(founded(WHOLE), { snapshotMaxAgeSeconds: 3_600 }))).toEqual(['snapshotMissing']);
  });

  test('counts the newest restorable snapshot, and an intact one only where nothing can be verified', () => {
    const taken = (secondsAgo: number) => ({
      key: 'k',
      at: new Date(Date.parse(WHOLE.at) - secondsAgo * 1_000).toISOString(),
      revision: '9',
      sizeBytes: 512,
    });
    const asked = (backup: Partial<BackupRecord>) => {
      const texts = founded(WHOLE, { backup: encodeBackup({ ...NO_BACKUP, ...backup }) });
      return judge(texts, { snapshotMaxAgeSeconds: 3_600 });
    };
    const restorable = (secondsAgo: number) => ({ ...taken(secondsAgo), sha256: 'ab', clusterId: '1' });
    expect(asked({ last: taken(60), restorable: restorable(3_600) }).kind).toBe('whole');
    expect(codes(asked({ last: taken(60), restorable: restorable(3_601) }))).toEqual(['snapshotMissing']);
    expect(codes(asked({ last: taken(60) }))).toEqual(['snapshotMissing']);
    expect(asked({ last: taken(60), unverifiable: true }).kind).toBe('whole');
  });
});

describe('S66 a version that is asked for', () => {
  const running = (version: string | null): Status => ({
    ...WHOLE,
    voters: WHOLE.voters.map((voter) => ({ ...voter, version })),
  });

  test('opens when it may follow what the voters run', () => {
    for (const [from, to] of [
      ['3.5.26', '3.5.33'],
      ['3.5.26', '3.6.14'],
      ['3.6.11', '3.7.1'],
    ] as const)
      expect(judge(founded(running(from)), { etcdVersion: to }).kind, `${from} to ${to}`).toBe('whole');
  });

  test('that may not is refused for good: only another update changes what they run', () => {
    for (const [from, to] of [
      ['3.5.25', '3.6.14'],
      ['3.6.10', '3.7.1'],
      ['3.5.33', '3.7.1'],
      ['3.6.14', '3.5.33'],
    ] as const) {
      const verdict = judge(founded(running(from)), { etcdVersion: to });
      expect(verdict, `${from} to ${to}`).toMatchObject({ kind: 'shut', isFinal: true });
      expect(codes(verdict)).toEqual(['versionStep']);
    }
  });

  test('is waited for while what they run is not known, or they tell different members', () => {
    const unknown = judge(founded(running(null)), { etcdVersion: '3.6.14' });
    expect(unknown).toMatchObject({ kind: 'shut', isFinal: false });
    const lost: Status = { ...running('3.5.20'), shortfalls: [{ code: 'noVoterAnswers', subject: null }] };
    expect(judge(founded(lost), { etcdVersion: '3.6.14' })).toMatchObject({ kind: 'shut', isFinal: false });
    const divided: Status = {
      ...running('3.5.33'),
      shortfalls: [{ code: 'membersDisagree', subject: null }],
    };
    expect(judge(founded(divided), { etcdVersion: '3.6.14' })).toMatchObject({
      kind: 'shut',
      isFinal: false,
    });
  });
});

describe('a cluster that is not founded', () => {
  const unfounded = founded(WHOLE, { bootstrap: null, endpoints: null, peers: null, status: null });

  test('has nothing to protect, and is waited for where its voters are asked for', () => {
    expect(judge(unfounded, {}, () => false)).toEqual({ kind: 'notFounded' });
    expect(codes(judge(unfounded, { voters: 3 }, () => false))).toEqual(['notFounded']);
  });

  test('is founded as soon as anything tells so', () => {
    for (const name of ['bootstrap', 'endpoints', 'peers'])
      expect(codes(judge(new Map([...unfounded, [name, 'x']]), {}, () => false)), name).toEqual([
        'statusOld',
      ]);
  });

  test('is no cluster that nobody registered: that may be a mistyped name', () => {
    expect(codes(judge(new Map(), {}, () => false))).toContain('notFounded');
  });

  test('is not waited for while it is being deleted', () => {
    const texts = new Map([...unfounded, ['teardown', '{}']]);
    expect(codes(judge(texts, {}, () => false))).toContain('deleting');
  });
});

describe('without an answer to its look, a gate still tells', () => {
  test.each([
    ['frozen', { config: JSON.stringify({ ...JSON.parse(CONFIG), frozen: true }) }],
    ['frozen', { config: '{"size": 99}' }],
    ['deleting', { teardown: '{}' }],
  ])('%s: %j', (code, changes) => {
    expect(codes(judge(founded(WHOLE, changes), {}, () => false))).toEqual([code]);
  });
});
