import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Claim, decodeClaim, encodeClaim } from '../../functions/core/claim.ts';
import { InvariantError } from '../../functions/core/errors.ts';
import { decodeReport } from '../../functions/core/report.ts';
import {
  placeOfRestore,
  problemsOfRestore,
  RESTORE_BUMP,
  type Restore,
  restoreIn,
} from '../../functions/core/restore.ts';
import { decodeTicket, encodeTicket } from '../../functions/core/ticket.ts';
import { ID, TICKET } from '../support/samples.ts';

const RESTORE: Restore = {
  uri: 's3://snapshots-1/etcd-autopilot/core/snapshots/2026-11-21T10-00-00Z-4711.db',
  sha256: 'ab'.repeat(32),
  sizeBytes: 20_512,
  bump: RESTORE_BUMP,
};
const start = { initialCluster: `${ID.a}=http://10.0.0.1:2380`, initialState: 'new' } as const;
const CLAIM: Claim = {
  number: 2,
  token: 'core-2-t',
  members: { [ID.a]: 'http://10.0.0.1:2380' },
  claimedAt: '2026-01-01T00:00:00.000Z',
  clusterId: null,
};

const segment = fc.stringMatching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}$/);
const restores = fc.record({
  uri: fc
    .tuple(
      fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,30}[a-z0-9]$/),
      fc.array(segment, { minLength: 1, maxLength: 5 }),
    )
    .map(([bucket, key]) => `s3://${bucket}/${key.join('/')}`),
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  sizeBytes: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  bump: fc.integer({ min: 0, max: 1e15 }),
});

describe('what a founder restores', () => {
  test('reads back from a ticket and from a claim as it was written', () => {
    fc.assert(
      fc.property(restores, (restore) => {
        const ticket = { ...TICKET, start: { ...start, restore } };
        expect(decodeTicket(encodeTicket('core', ticket))).toEqual(ticket);
        const claim = { ...CLAIM, restore };
        expect(decodeClaim(encodeClaim(claim))).toEqual(claim);
      }),
    );
  });

  test('is lines of a ticket that a shell may read', () => {
    const text = encodeTicket('core', { ...TICKET, start: { ...start, restore: RESTORE } });
    expect(text).toContain(
      `\nAUTOPILOT_RESTORE=${RESTORE.uri}\nAUTOPILOT_RESTORE_SHA256=${RESTORE.sha256}\n`,
    );
    expect(text).toContain('\nAUTOPILOT_RESTORE_SIZE=20512\nAUTOPILOT_RESTORE_BUMP=1000000000\n');
    expect(text).toMatch(/^(?:[A-Z_0-9]+=[A-Za-z0-9:/.,=_-]*\n)+$/);
  });

  test.each([
    ['uri', 's3://bucket'],
    ['uri', 's3://bucket/a//b'],
    ['uri', 's3://bucket/../b'],
    ['uri', 's3://bucket/a/./b'],
    ['uri', 's3://bucket/a b'],
    ['uri', 's3://bucket/$(id)'],
    ['uri', 's3://bucket/a=b'],
    ['uri', 's3://B/a'],
    ['uri', 'https://bucket/a'],
    ['uri', `s3://bucket/${'a'.repeat(512)}`],
    ['sha256', 'ab'],
    ['sha256', 'AB'.repeat(32)],
    ['sizeBytes', 0],
    ['sizeBytes', 1.5],
    ['bump', -1],
    ['bump', 1e16],
  ])('is refused, with the reason, where its %s is %j', (name, value) => {
    const wrong = { ...RESTORE, [name]: value };
    expect(problemsOfRestore(wrong)).toEqual([expect.stringMatching(`^${name} must be `)]);
    expect(restoreIn(wrong)).toBeNull();
  });

  test('has a bucket and a key', () => {
    expect(placeOfRestore('s3://my.bucket/a/b.db')).toEqual({ bucket: 'my.bucket', key: 'a/b.db' });
    expect(placeOfRestore('s3://my.bucket/')).toBeNull();
  });
});

describe('a founding that is to bring data back', () => {
  const text = encodeTicket('core', { ...TICKET, start: { ...start, restore: RESTORE } });

  test('is no founding without data where a line of it is edited or gone', () => {
    expect(decodeTicket(text)).not.toBeNull();
    for (const name of ['', '_SHA256', '_SIZE', '_BUMP']) {
      const line = new RegExp(`^AUTOPILOT_RESTORE${name}=.*\n`, 'm');
      expect(decodeTicket(text.replace(line, '')), name).toBeNull();
      expect(decodeTicket(text.replace(line, `AUTOPILOT_RESTORE${name}=\n`)), name).toBeNull();
    }
  });

  test('is no claim that can be read where the data cannot, or where several would found', () => {
    const claim = { ...CLAIM, restore: RESTORE };
    expect(decodeClaim(JSON.stringify({ ...claim, restore: { ...RESTORE, sha256: '' } }))).toBeNull();
    expect(decodeClaim(JSON.stringify({ ...claim, restore: null }))).toBeNull();
    const members = { ...CLAIM.members, [ID.b]: 'http://10.0.0.2:2380' };
    expect(decodeClaim(JSON.stringify({ ...claim, members }))).toBeNull();
  });

  test('is never a join: a learner gets its data from the others', () => {
    const joining = { ...start, initialState: 'existing', restore: RESTORE } as const;
    expect(() => encodeTicket('core', { ...TICKET, start: joining })).toThrow(InvariantError);
    expect(decodeTicket(text.replace('CLUSTER_STATE=new', 'CLUSTER_STATE=existing'))).toBeNull();
  });
});

describe('a boot report of a restore that failed', () => {
  const report = (reason: string) =>
    decodeReport('i-1', `AUTOPILOT_REPORT=restore-failed\nAUTOPILOT_MEMBER_ID=1001\n${reason}`);
  const told = { instanceId: 'i-1', kind: 'restore-failed', memberId: '1001' };

  test('says why', () => {
    expect(report('AUTOPILOT_REASON=S3 answers AccessDenied (HTTP 403)\n')).toEqual({
      ...told,
      reason: 'S3 answers AccessDenied (HTTP 403)',
    });
  });

  test('counts without a reason, too, and with a part of an endless one', () => {
    expect(report('')).toEqual({ ...told, reason: 'it gives no reason' });
    expect(report('AUTOPILOT_REASON=\u001b[2J\n')).toEqual({ ...told, reason: 'it gives no reason' });
    expect(report(`AUTOPILOT_REASON=${'x'.repeat(3_000)}\n`)?.reason).toBe('x'.repeat(400));
  });
});
