import { describe, expect, test } from 'vitest';
import {
  backupNowBody,
  captureBody,
  parseBackupMessage,
  parseVerify,
  refreshBody,
  verifyBody,
} from '../../../functions/core/backup/messages.ts';
import { parseBackupRequest } from '../../../functions/core/backup/request.ts';
import { tickBody } from '../../../functions/core/tick.ts';

describe('a message for backup', () => {
  test.each([
    [tickBody('backup', 'core', 'n1'), { kind: 'schedule' }],
    [backupNowBody('core', 'n1'), { kind: 'operator', nonce: 'n1' }],
    [refreshBody('core', false, 'n1'), { kind: 'refresh', unverifiable: false }],
    [refreshBody('core', true, 'n1'), { kind: 'refresh', unverifiable: true }],
    [
      captureBody('core', { recovery: 2, instanceId: 'i-0000000a' }, 'n1'),
      { kind: 'capture', recovery: 2, instanceId: 'i-0000000a' },
    ],
  ])('is read as it was written: %s', (body, message) => {
    expect(parseBackupMessage(body)).toEqual({ ok: true, message });
  });

  test('differs each time it is sent, or a FIFO queue would swallow it', () => {
    expect(backupNowBody('core', 'n1')).not.toBe(backupNowBody('core', 'n2'));
    expect(refreshBody('core', false, 'n1')).not.toBe(refreshBody('core', false, 'n2'));
  });

  test.each([
    ['x', /not a JSON object/],
    ['[]', /not a JSON object/],
    ['{}', /version/],
    ['{"etcdAutopilot":2,"request":"backup"}', /version/],
    ['{"etcdAutopilot":1,"request":"look"}', /"backup", "refresh" and "capture"/],
    ['{"etcdAutopilot":1,"request":"backup","from":"operator"}', /nonce/],
    ['{"etcdAutopilot":1,"request":"capture","instanceId":"i-0000000a"}', /number of its recovery/],
    [
      '{"etcdAutopilot":1,"request":"capture","recovery":0,"instanceId":"i-0000000a"}',
      /number of its recovery/,
    ],
    ['{"etcdAutopilot":1,"request":"capture","recovery":1,"instanceId":"x"}', /instance of the survivor/],
  ])('is refused with its reason: %s', (body, reason) => {
    expect(parseBackupMessage(body)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

describe('a message for verification', () => {
  const place = { bucket: 'backups', key: 'etcd-autopilot/core/snapshots/2026-11-21T10-00-00Z-120.db' };

  test('is read as it was written', () => {
    expect(parseVerify(verifyBody('core', place, 'n'))).toEqual({ ok: true, cluster: 'core', place });
  });

  test.each([
    ['x', /not a JSON object/],
    [backupNowBody('core', 'n'), /"verify"/],
    [verifyBody('core', place, 'n').replace('"backups"', '5'), /a bucket and a key/],
    [verifyBody('core', { ...place, bucket: '' }, 'n'), /no snapshot of this cluster/],
    [verifyBody('other', place, 'n'), /no snapshot of this cluster/],
    [
      verifyBody('core', { ...place, key: place.key.replace('.db', '.json') }, 'n'),
      /no snapshot of this cluster/,
    ],
  ])('is refused with its reason: %s', (body, reason) => {
    expect(parseVerify(body)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

describe('an operator’s request', () => {
  const asked = { etcdAutopilot: 1, request: 'backup', cluster: 'core' };

  test.each([
    [{ action: 'now' }, { action: 'now', cluster: 'core' }],
    [{ action: 'list' }, { action: 'list', cluster: 'core' }],
    [{ action: 'verify' }, { action: 'verify', cluster: 'core', key: null }],
    [
      { action: 'verify', key: 'k' },
      { action: 'verify', cluster: 'core', key: 'k' },
    ],
  ])('with %j is understood', (fields, request) => {
    expect(parseBackupRequest({ ...asked, ...fields })).toEqual({ ok: true, request });
  });

  test.each([
    [null, /not a JSON object/],
    [{}, /"etcdAutopilot": 1/],
    [{ ...asked, request: 'status' }, /"backup"/],
    [{ ...asked, cluster: 'Core' }, /a name like/],
    [{ ...asked, action: 'delete' }, /"now", "list" or "verify"/],
    [{ ...asked }, /"now", "list" or "verify"/],
    [{ ...asked, action: 'now', key: 'k' }, /goes with "verify"/],
    [{ ...asked, action: 'verify', key: '' }, /goes with "verify"/],
  ])('%j is refused with its reason', (event, reason) => {
    expect(parseBackupRequest(event)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});
