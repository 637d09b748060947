import { describe, expect, test } from 'vitest';
import {
  type DnsState,
  decodeDnsState,
  EMPTY_STATE,
  encodeDnsState,
  isEmptyState,
} from '../../../functions/core/dns/state.ts';
import { idOf } from './worlds.ts';

const STATE: DnsState = {
  names: new Map([
    [
      'core.example.com',
      { digest: 'aa', next: 'bb', below: ['_etcd-server._tcp', idOf(1)], missingSinceMs: null },
    ],
    ['web.example.com', { digest: 'cc', next: null, below: [], missingSinceMs: 1_800_000_000_000 }],
  ]),
  withdrawn: [
    { changeId: 'C1', syncedAtMs: 5, ttlSeconds: 30, ids: [idOf(1), idOf(2)], andOthers: false },
    { changeId: null, syncedAtMs: null, ttlSeconds: 60, ids: [], andOthers: true },
  ],
  refused: new Map([['web.example.com', { digest: 'dd', atMs: 7 }]]),
  findings: [{ code: 'edited', subject: 'web.example.com', detail: 'it was repaired' }],
};

test('what is written is read again', () => {
  expect(decodeDnsState(encodeDnsState(STATE))).toEqual({ kind: 'state', state: STATE });
  expect(decodeDnsState(encodeDnsState(EMPTY_STATE))).toEqual({ kind: 'state', state: EMPTY_STATE });
  expect(isEmptyState(EMPTY_STATE)).toBe(true);
  expect(isEmptyState(STATE)).toBe(false);
});

test('equal memories are equal text, in whatever order they came', () => {
  const turned = { ...STATE, names: new Map([...STATE.names].reverse()) };
  expect(encodeDnsState(turned)).toBe(encodeDnsState(STATE));
});

test('a newer version is told apart from what cannot be read', () => {
  expect(decodeDnsState('{"version":2,"names":[]}')).toEqual({ kind: 'newer' });
  for (const text of [
    '',
    'nonsense',
    '[]',
    '{"version":1}',
    '{"version":1,"names":[]}',
    '{"names":[],"digests":[]}',
  ])
    expect(decodeDnsState(text)).toEqual({ kind: 'unreadable' });
});

test('parts that are no parts are left out', () => {
  const text = JSON.stringify({
    version: 1,
    names: ['a.b'],
    digests: [],
    withdrawn: [3, {}],
    refused: { 'a.b': 'x' },
    findings: [{ code: 'nonsense' }, 4],
  });
  expect(decodeDnsState(text)).toEqual({
    kind: 'state',
    state: {
      names: new Map([['a.b', { digest: '', next: null, below: [], missingSinceMs: null }]]),
      withdrawn: [{ changeId: null, syncedAtMs: null, ttlSeconds: 0, ids: [], andOthers: false }],
      refused: new Map(),
      findings: [],
    },
  });
});

describe('it fits into a parameter, whatever there is to tell', () => {
  const findings = Array.from({ length: 50 }, (_, at) => ({
    code: 'nameForeign' as const,
    subject: `name-${at}.example.com`,
    detail: 'ü'.repeat(300),
  }));

  test('findings are shortened and counted', () => {
    const text = encodeDnsState({ ...STATE, findings });
    expect(Buffer.byteLength(text)).toBeLessThan(4_096);
    expect(JSON.parse(text)).toMatchObject({ more: 42 });
  });

  test('of very many leavers the names are given up, and they wait for each other', () => {
    const ids = Array.from({ length: 400 }, (_, at) => idOf(at));
    const text = encodeDnsState({
      ...STATE,
      findings,
      withdrawn: [{ changeId: 'C9', syncedAtMs: null, ttlSeconds: 30, ids, andOthers: false }],
    });
    expect(Buffer.byteLength(text)).toBeLessThan(4_096);
    expect(decodeDnsState(text)).toMatchObject({
      state: { withdrawn: [{ changeId: 'C9', ids: [], andOthers: true }] },
    });
  });

  test('a hundred leavers keep their names', () => {
    const ids = Array.from({ length: 100 }, (_, at) => idOf(at));
    const text = encodeDnsState({
      ...STATE,
      withdrawn: [{ changeId: 'C9', syncedAtMs: null, ttlSeconds: 30, ids, andOthers: false }],
    });
    expect(decodeDnsState(text)).toMatchObject({ state: { withdrawn: [{ ids, andOthers: false }] } });
  });
});
