import { expect, test } from 'vitest';
import { bumpFor } from '../../../functions/core/recovery/bump.ts';
import { BUMP_MAX, RESTORE_BUMP } from '../../../functions/core/restore.ts';
import { withClaim } from '../../support/lost-worlds.ts';

const { records } = withClaim(2);
const [claim] = records.recovery.claims.values();
const raisedBy = (bump: number) => ({
  ...records,
  recovery: { ...records.recovery, claims: new Map() },
  claim: claim?.restore === undefined ? null : { ...claim, restore: { ...claim.restore, bump } },
});

test('each recovery raises revisions by more than all before it together, as far as they go', () => {
  expect(bumpFor(records, 2)).toBe(RESTORE_BUMP);
  expect(bumpFor(records, 3)).toBe(2 * RESTORE_BUMP);
  expect(bumpFor(raisedBy(2 * RESTORE_BUMP), 3)).toBe(4 * RESTORE_BUMP);
  expect(bumpFor(raisedBy(0), 3)).toBe(RESTORE_BUMP);
  expect(bumpFor(raisedBy(BUMP_MAX), 3)).toBe(BUMP_MAX);
});
