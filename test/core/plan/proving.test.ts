import { describe, expect, test } from 'vitest';
import type { Observation } from '../../../functions/core/observation.ts';
import { planRecovering } from '../../../functions/core/plan/recovering.ts';
import { optionsIn, sourceChosen } from '../../../functions/core/recovery/options.ts';
import { awaitingProof } from '../../../functions/core/recovery/proof.ts';
import type { RecoveryRecord } from '../../../functions/core/recovery/record.ts';
import type { ProofSight } from '../../../functions/core/recovery/sources.ts';
import { CAPTURED, cleared, lost, PROVED, RECORD, withClaim } from '../../support/lost-worlds.ts';
import { CLUSTER_ID, id, instance, NOW_MS } from '../../support/observations.ts';

const SECOND_MS = 1_000;
const NOTHING_FOUND: ProofSight = { known: true, verified: null, unverifiable: false };
const BAD: ProofSight = {
  known: true,
  verified: { ...PROVED.verified, restorable: false, reason: 'it is no database', revision: null },
  unverifiable: true,
};

/** A newcomer waits, and the copy of the survivor was captured so many seconds ago. */
function captured(proof: ProofSight | null, secondsAgo = 60): Observation {
  const takenAt = new Date(NOW_MS - secondsAgo * SECOND_MS).toISOString();
  return lost({ latest: RECORD, captured: { ...CAPTURED, takenAt } }, { proof });
}

function next(world: Observation, record: RecoveryRecord = RECORD) {
  const { actions, waits } = planRecovering(world, record);
  const wait = waits.find(({ kind }) => kind === 'recovering');
  const told = wait?.kind === 'recovering' ? [wait.step, wait.because] : [];
  return { told, ended: actions.filter(({ kind }) => kind === 'fenceInstance') };
}

describe('who shows its data is ended', () => {
  const ended = [{ kind: 'fenceInstance', recovery: 2, instanceId: id(3) }];

  test('when its copy was restored for proof', () => {
    expect(next(captured(PROVED))).toEqual({ told: ['fencing', ''], ended });
  });

  test('never while nobody has told what came of it, nor while that cannot be read, however long', () => {
    expect(next(captured(NOTHING_FOUND))).toEqual({ told: ['proving', ''], ended: [] });
    expect(next(captured(null, 9_999))).toEqual({ told: ['proving', ''], ended: [] });
    const unread = next(captured({ known: false, because: 'AWS_THROTTLED: slow down' }, 9_999));
    expect(unread.told).toEqual(['proving', expect.stringContaining('slow down')]);
    expect(unread.ended).toEqual([]);
  });

  test('and said to be not proved, when ten minutes went by or nobody can ever prove it', () => {
    expect(next(captured(NOTHING_FOUND, 599)).ended).toEqual([]);
    const late = next(captured(NOTHING_FOUND, 600));
    expect(late).toEqual({ told: ['fencing', expect.stringContaining('was not proved')], ended });
    const never = next(captured({ ...NOTHING_FOUND, unverifiable: true }, 0));
    expect(never).toEqual({ told: ['fencing', expect.stringContaining('no etcd tools')], ended });
  });

  test('never when its copy cannot be restored, whatever else is known', () => {
    const bad = next(captured(BAD, 9_999));
    expect(bad).toEqual({ told: ['captureBad', 'it is no database'], ended: [] });
    const over = { ...cleared(), proof: BAD };
    expect(planRecovering(over, RECORD).actions.map(({ kind }) => kind)).not.toContain('claimRecovered');
  });
});

test('who shows nothing is ended meanwhile, but for the one that was captured', () => {
  const record = { ...RECORD, fenced: [id(3), id(6)] };
  const world = captured(NOTHING_FOUND);
  const instances = [...world.instances, instance(6)];
  const silent = { ...world, instances, etcd: { ...world.etcd, statuses: new Map() } };
  for (const one of [silent, { ...silent, etcd: world.etcd }]) {
    expect(next(one, record).told).toEqual(['proving', '']);
    expect(next(one, record).ended).toMatchObject([{ instanceId: id(6) }]);
  }
});

test('what is restored already, and a snapshot that was chosen, wait for no proof', () => {
  const source = { how: 'from-snapshot', key: 'b.db', at: CAPTURED.takenAt, revision: '5' } as const;
  const chosen = { ...RECORD, source: { ...source, sha256: 'b', sizeBytes: 5, restorable: false } };
  expect(next(captured(NOTHING_FOUND), chosen).ended).toHaveLength(1);
  expect(awaitingProof(captured(null).records)).toBe(CAPTURED.key);
  expect(awaitingProof(withClaim(2).records)).toBeNull();
  expect(awaitingProof(lost({ latest: chosen, captured: CAPTURED }).records)).toBeNull();
  expect(awaitingProof(lost({ latest: RECORD }).records)).toBeNull();
  expect(awaitingProof(lost().records)).toBeNull();
});

test('an operator may choose a snapshot where the copy is bad, and only there', () => {
  const manifest = { ...CAPTURED, clusterId: CLUSTER_ID, origin: 'schedule' } as const;
  const snapshot = {
    key: 'b.db',
    takenAtMs: 1,
    manifest,
    verified: null,
    state: 'intact',
    reason: null,
  } as const;
  const chosenIn = (proof: ProofSight) => {
    const saved = { known: true, lastSeen: null, snapshots: [snapshot] } as const;
    const world = { ...captured(proof), saved };
    const { digest: confirm } = optionsIn(world, []);
    const source = { how: 'from-snapshot', key: 'b.db' } as const;
    return sourceChosen(world, { source, forced: [], confirm, by: 'me', nonce: 'one' });
  };
  expect(chosenIn(BAD)).toMatchObject({ ok: true, source: { key: 'b.db' } });
  expect(chosenIn(NOTHING_FOUND)).toMatchObject({ ok: false, reason: expect.stringContaining('by itself') });
});
