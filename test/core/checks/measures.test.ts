import { describe, expect, test } from 'vitest';
import {
  BAD_VERSIONS,
  defectsOf,
  isEnded,
  judgeVersion,
} from '../../../functions/core/checks/bad-versions.ts';
import { figuresOf, sightOf } from '../../../functions/core/checks/figures.ts';
import { isHashDue, lowestRevision, nextHashedAt } from '../../../functions/core/checks/hashing.ts';
import { certificateIn } from '../../../functions/core/checks/judge-certificates.ts';
import { NO_CHECKS } from '../../../functions/core/checks/memory.ts';
import { makeAuthority } from '../../../infra/local/certificates.ts';
import { BACKUP, BEFORE, checkWorld, iso, seen } from '../../support/check-worlds.ts';
import { id, member, NOW_MS, silent, view } from '../../support/observations.ts';

describe('versions', () => {
  test('a defect is of the minors that had it, before the release that mended it', () => {
    const worst = (version: string) => judgeVersion(version, ['i-1'])[0]?.severity ?? null;
    expect(worst('3.5.2')).toBe('critical');
    expect(worst('3.5.3')).toBe('warning');
    expect(worst('3.5.5')).toBe('warning');
    expect(worst('3.5.6')).toBe('notice');
    expect(worst('3.4.20')).toBe('warning');
    expect(worst('3.4.23')).toBe('notice');
    expect(worst('3.6.4')).toBe('notice');
    for (const version of ['3.5.33', '3.6.14', '3.7.1', 'of another kind'])
      expect(judgeVersion(version, [])).toEqual([]);
  });

  test('every defect says where it is told of, and a preview has it as its release', () => {
    expect(BAD_VERSIONS.every(({ source }) => source.startsWith('https://github.com/etcd-io/etcd/'))).toBe(
      true,
    );
    expect(defectsOf('3.5.3-rc.1').map(({ severity }) => severity)).toContain('critical');
  });

  test('3.4 has ended, and what comes after it has not', () => {
    expect(['2.3.8', '3.3.27', '3.4.45'].map(isEnded)).toEqual([true, true, true]);
    expect(['3.5.0', '3.7.1', '4.0.0', 'x'].map(isEnded)).toEqual([false, false, false, false]);
  });
});

describe('hashes', () => {
  const world = (dbSizeBytes: number, hashMinutes = 60) => {
    const statuses = new Map([1, 2, 3].map((n) => [id(n), seen(n, { dbSizeBytes })]));
    const made = checkWorld({ statuses, config: { checks: { hashMinutes, certificateDays: 30 } } }).world;
    if (made === null) throw new Error('no world');
    return made;
  };
  const hashed = (agoMs: number) => ({ ...NO_CHECKS, hashedAt: iso(agoMs) });

  test('of small databases are asked for in every round, of large ones once in a while, or never', () => {
    expect(isHashDue(world(1_000), hashed(1))).toBe(true);
    expect(isHashDue(world(1_000_000_000), NO_CHECKS)).toBe(true);
    expect(isHashDue(world(1_000_000_000), hashed(3_599_000))).toBe(false);
    expect(isHashDue(world(1_000_000_000), hashed(3_600_000))).toBe(true);
    expect(isHashDue(world(1_000_000_000), hashed(-60_000))).toBe(true);
    expect(isHashDue(world(1_000, 0), NO_CHECKS)).toBe(false);
  });

  test('that were found to differ are compared until they do not', () => {
    const finding = {
      code: 'hashesDiffer',
      severity: 'critical',
      subject: 'core',
      text: '',
      since: iso(60_000),
      repair: 'left',
    } as const;
    const memory = { ...hashed(60_000), findings: [finding] };
    expect(isHashDue(world(1_000_000_000), memory)).toBe(true);
  });

  test('are remembered no more often than large databases are compared', () => {
    const hash = { hash: '1', compactRevision: '1', revision: '1' };
    const remembered = (agoMs: number | null) => {
      const memory = agoMs === null ? NO_CHECKS : hashed(agoMs);
      return nextHashedAt(checkWorld({}, { memory, hashes: new Map([['1', hash]]) }));
    };
    expect(remembered(null)).toBe(iso(0));
    expect(remembered(60_000)).toBe(iso(60_000));
    expect(remembered(3_600_000)).toBe(iso(0));
    expect(nextHashedAt(checkWorld({}, { memory: hashed(9_000_000) }))).toBe(iso(9_000_000));
  });

  test('are taken at a revision that every voter that answers has', () => {
    const statuses = new Map([1, 2, 3].map((n) => [id(n), seen(n, { revision: `${600 - n}` })]));
    const seenWorld = { ...world(1), etcd: { ...world(1).etcd, statuses } };
    expect(lowestRevision(seenWorld, view([member(1), member(2), member(3)]))).toBe('597');
    expect(lowestRevision(seenWorld, view([member(1), member(2), silent(3)]))).toBe('598');
    expect(lowestRevision(seenWorld, view([member(1), member(2), member(7)]))).toBeNull();
    expect(lowestRevision(seenWorld, view([]))).toBeNull();
  });
});

describe('figures', () => {
  test('tell what was measured', () => {
    const checks = checkWorld(
      {},
      { ownCertificates: [{ name: '/ca', endsAtMs: NOW_MS + 99.5 * 86_400_000 }] },
    );
    expect(figuresOf(checks, [])).toEqual({
      ChecksRan: 1,
      FindingsCritical: 0,
      FindingsWarning: 0,
      FindingsNotice: 0,
      Voters: 3,
      VotersAnswering: 3,
      HasLeader: 1,
      LagMax: 0,
      LeaderChanges: 0,
      DbSizeRatio: 1_000_000 / 2_147_483_648,
      Fragmentation: expect.closeTo(0.1, 5),
      BackupAgeSeconds: 1_800,
      RestorableAgeSeconds: 1_800,
      CertificateDaysLeft: 99,
      RevisionRate: 1,
    });
  });

  test('leave out what nobody could tell: unknown is not zero', () => {
    const nothing = figuresOf(checkWorld({}, { world: null, backup: null, before: null }), []);
    expect(nothing).toEqual({
      ChecksRan: 1,
      FindingsCritical: 0,
      FindingsWarning: 0,
      FindingsNotice: 0,
      HasLeader: 0,
    });
    const taken = figuresOf(checkWorld({}, { backup: { ...BACKUP, restorable: null } }), []);
    expect(taken).not.toHaveProperty('RestorableAgeSeconds');
  });
});

describe('the sight', () => {
  test('is as far as a majority has confirmed, and no farther', () => {
    const statuses = new Map([
      [id(1), seen(1)],
      [id(2), seen(2, { revision: '501', raftIndex: '1001' })],
      [id(3), seen(3, { revision: '900', linearizable: false })],
      [id(4), seen(4, { revision: '900', clusterId: '9' })],
    ]);
    expect(sightOf(checkWorld({ statuses }))).toMatchObject({
      revision: '501',
      raftIndex: '1001',
      raftTerm: '2',
      voters: [id(1), id(2), id(3)],
      samples: [...BEFORE.samples, { at: iso(0), revision: '501', term: '2' }],
    });
  });

  test('is not taken where no voter answers: the last word stays', () => {
    expect(sightOf(checkWorld({ view: null }))).toBeNull();
    expect(sightOf(checkWorld({}, { world: null }))).toBeNull();
    expect(sightOf(checkWorld({ statuses: new Map() }))).toBeNull();
  });
});

test('of a bundle the certificate counts that ends last', () => {
  const authority = makeAuthority('one');
  const later = new Date(NOW_MS + 900 * 86_400_000);
  const sooner = new Date(NOW_MS + 500 * 86_400_000);
  const pems = [sooner, later, sooner].map((validTo) => authority.issue({ commonName: 'x', validTo }).cert);
  expect(certificateIn('/ca', pems.join('\n'))).toEqual([{ name: '/ca', endsAtMs: later.getTime() }]);
});

test('a parameter without a certificate has no end', () => {
  expect(certificateIn('/ca', 'no certificate')).toEqual([]);
});
