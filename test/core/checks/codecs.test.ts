import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refuseDoctor } from '../../../functions/core/checks/answer.ts';
import { CHECK_CODES, isCheckCode } from '../../../functions/core/checks/catalog.ts';
import { TEMPLATE_HOOKS } from '../../../functions/core/checks/judge-platform.ts';
import {
  type ChecksMemory,
  decodeChecks,
  encodeChecks,
  NO_CHECKS,
  type RememberedFinding,
} from '../../../functions/core/checks/memory.ts';
import { parseCheck, parseDoctor } from '../../../functions/core/checks/request.ts';
import {
  decodeSight,
  encodeSight,
  nextSight,
  SAMPLES_MAX,
  type Sight,
} from '../../../functions/core/checks/sight.ts';
import { BEFORE, iso } from '../../support/check-worlds.ts';

const SINCE = '2026-01-01T00:00:00.000Z';
const finding = (at: number, text = 'it is so'): RememberedFinding => {
  const code = CHECK_CODES[at % CHECK_CODES.length];
  if (!isCheckCode(code)) throw new Error('no code');
  return { code, severity: 'warning', subject: `i-${at}`, text, since: SINCE, repair: 'left' };
};

describe('the parameter `checks`', () => {
  const memory: ChecksMemory = {
    findings: [finding(1), finding(2)],
    more: 0,
    degraded: true,
    dirtyLooks: 2,
    cleanLooks: 0,
    hooks: TEMPLATE_HOOKS,
    hashedAt: SINCE,
  };

  test('is read as it was written', () => {
    for (const one of [memory, NO_CHECKS])
      expect(decodeChecks(encodeChecks(one))).toEqual({ kind: 'memory', memory: one });
  });

  test('fits into a parameter, whatever was found; what does not fit is counted', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.string({ unit: 'grapheme', maxLength: 3_000 }),
        (count, text) => {
          const findings = Array.from({ length: count }, (_, at) => ({
            ...finding(at, text),
            subject: `${text}${at}`,
          }));
          const encoded = encodeChecks({ ...memory, findings });
          expect(new TextEncoder().encode(encoded).length).toBeLessThanOrEqual(4_096);
          const decoded = decodeChecks(encoded);
          const kept = decoded.kind === 'memory' ? decoded.memory : NO_CHECKS;
          expect(kept.findings.length + kept.more).toBe(count);
          expect(kept.hooks).toEqual(TEMPLATE_HOOKS);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('that nobody can read remembers nothing, and a newer one is not ours', () => {
    for (const text of [undefined, '', 'x', '[]', '{"version":1,"findings":3,"hooks":[{}],"dirtyLooks":-1}'])
      expect(decodeChecks(text)).toEqual({ kind: 'memory', memory: NO_CHECKS });
    expect(decodeChecks('{"version":2}')).toEqual({ kind: 'newer' });
    const strange = JSON.stringify({ version: 1, findings: [{ ...finding(1), code: 'fromTheFuture' }] });
    expect(decodeChecks(strange)).toEqual({ kind: 'memory', memory: NO_CHECKS });
  });
});

describe('sight.json', () => {
  test('is read as it was written, and anything else is none', () => {
    const sight: Sight = {
      ...BEFORE,
      counters: { i: { syncs: 1, slowSyncs: 0, slowApplies: 2, leaderChanges: 3 } },
    };
    expect(decodeSight(encodeSight(sight))).toEqual(sight);
    for (const text of [
      null,
      '',
      '{}',
      '{"version":2}',
      JSON.stringify({ version: 1, ...BEFORE, revision: '-1' }),
    ])
      expect(decodeSight(text)).toBeNull();
  });

  test('keeps a sample a minute, and no more than an hour of them', () => {
    let sight: Sight | null = null;
    for (let minute = 0; minute < 100; minute += 1) {
      const at = new Date(Date.parse(SINCE) + minute * 60_000).toISOString();
      sight = nextSight({ ...BEFORE, at, revision: `${minute}` }, sight);
    }
    expect(sight?.samples).toHaveLength(SAMPLES_MAX);
    expect(sight?.samples.at(-1)).toMatchObject({ revision: '99' });
  });

  test('drops samples of another cluster, of the future, and of a revision that is ahead', () => {
    const now = { ...BEFORE, at: iso(0), revision: '500' };
    expect(nextSight(now, BEFORE).samples.map(({ revision }) => revision)).toEqual(['440', '500']);
    expect(nextSight({ ...now, clusterId: '9' }, BEFORE).samples).toHaveLength(1);
    expect(nextSight({ ...now, revision: '10' }, BEFORE).samples).toHaveLength(1);
    expect(nextSight({ ...now, at: iso(90_000) }, BEFORE).samples).toHaveLength(1);
  });
});

describe('requests', () => {
  test('one that cannot be answered is refused with its code', () => {
    const refusal = { etcdAutopilot: 1, ok: false, code: 'AWS_GONE', message: 'there is none' };
    expect(refuseDoctor('AWS_GONE', 'there is none')).toEqual(refusal);
  });

  test('doctor names its cluster; every mistake has its reason', () => {
    expect(parseDoctor({ etcdAutopilot: 1, request: 'doctor', cluster: 'core' })).toEqual({
      ok: true,
      cluster: 'core',
    });
    const wrong = [null, {}, { etcdAutopilot: 2 }, { etcdAutopilot: 1, request: 'status', cluster: 'core' }];
    for (const event of [...wrong, { etcdAutopilot: 1, request: 'doctor', cluster: 'Core' }])
      expect(parseDoctor(event)).toMatchObject({ ok: false, reason: expect.stringMatching(/.{10}/) });
  });

  test('a message is about the cluster whose group it came in', () => {
    const body = { etcdAutopilot: 1, request: 'check', cluster: 'core', from: 'schedule', nonce: 'n' };
    expect(parseCheck('core', JSON.stringify(body))).toEqual({ ok: true, cluster: 'core' });
    expect(parseCheck('edge', JSON.stringify(body))).toMatchObject({ ok: false });
    expect(parseCheck('', JSON.stringify(body))).toMatchObject({ ok: false });
    for (const text of ['x', '{}', JSON.stringify({ ...body, request: 'backup' })])
      expect(parseCheck('core', text)).toMatchObject({ ok: false });
  });
});
