import { expect, test } from 'vitest';
import { ADVICE, type Finding, type FindingCode, finding } from '../../../functions/core/finding.ts';
import {
  decodeRegistryStatus,
  encodeRegistryStatus,
  findingsIn,
  type RegistryStatus,
  statusOf,
} from '../../../functions/core/registry/status.ts';
import { idOf, keysOf } from '../../support/registry-world.ts';

const FOREIGN: Finding = finding('keysForeign', '/services/web/', 'the autopilot did not make x');
const STATUS: RegistryStatus = { machines: 2, services: new Map([['web', 1]]), findings: [FOREIGN] };

test('what is registered is counted, by service', () => {
  const values = new Map(
    Object.entries({
      ...keysOf(1, { service: 'web:80,api:1' }),
      ...keysOf(2, { service: 'web:80' }),
      '/services/web/x': '',
    }),
  );
  expect(statusOf(values, [], null)).toEqual({
    machines: 2,
    services: new Map([
      ['api', 1],
      ['web', 2],
    ]),
    findings: [],
  });
});

test('where nobody could read it, the last counts stay', () => {
  expect(statusOf(null, [FOREIGN], { ...STATUS, findings: [] })).toEqual(STATUS);
  expect(statusOf(null, [], null)).toEqual({ machines: 0, services: new Map(), findings: [] });
});

test('what was written is read back, and equal statuses are equal text', () => {
  const text = encodeRegistryStatus(STATUS);
  expect(decodeRegistryStatus(text)).toEqual({ kind: 'status', status: STATUS });
  const [one, other] = [finding('edited', 'a', 'x'), FOREIGN];
  expect(encodeRegistryStatus({ ...STATUS, findings: [one, other] })).toBe(
    encodeRegistryStatus({ ...STATUS, findings: [other, one, one] }),
  );
});

test('a parameter holds whatever is found: the longest are cut, and what does not fit is counted', () => {
  const codes = Object.keys(ADVICE) as FindingCode[];
  const findings = Array.from({ length: 30 }, (_, at) =>
    finding(codes[at % codes.length] ?? 'edited', 'x'.repeat(100), `${at} ${'y'.repeat(500)}`),
  );
  const services = new Map(Array.from({ length: 50 }, (_, at) => [`${at}`.padEnd(63, 's'), 1_000]));
  for (const letter of ['y', 'ü', '\u0001']) {
    const long = findings.map((one) => ({ ...one, detail: one.detail.replaceAll('y', letter) }));
    const text = encodeRegistryStatus({ machines: 1_000, services, findings: long });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4_096);
    expect(decodeRegistryStatus(text).kind).toBe('status');
    expect(JSON.parse(text)).toMatchObject({ machines: 1_000, more: 30 - findingsIn(text).length });
    expect(findingsIn(text).length).toBeGreaterThan(0);
  }
});

test('a newer version is told apart from what cannot be read', () => {
  expect(decodeRegistryStatus('{"version":2}')).toEqual({ kind: 'newer' });
  for (const text of [undefined, '', 'nonsense', '{}', '{"version":1,"machines":"2","services":{}}'])
    expect(decodeRegistryStatus(text)).toEqual({ kind: 'none' });
});

test('findings of whatever version can be shown; what is none is left out', () => {
  const told = { code: 'ofTheFuture', subject: idOf(1), detail: 'x' };
  expect(findingsIn(JSON.stringify({ findings: [told, { code: 'edited' }, 'x'] }))).toEqual([told]);
  for (const text of ['', '[]', '{"findings":{}}']) expect(findingsIn(text)).toEqual([]);
  const text = JSON.stringify({
    version: 1,
    machines: 1,
    services: { a: 1, b: 'x' },
    findings: [told, FOREIGN],
  });
  expect(decodeRegistryStatus(text)).toEqual({
    kind: 'status',
    status: { machines: 1, services: new Map([['a', 1]]), findings: [FOREIGN] },
  });
});
