import { describe, expect, test } from 'vitest';
import { statusPage } from '../../../infra/page/html.ts';
import type { PageMaterial } from '../../../infra/page/material.ts';
import { ageText } from '../../../infra/page/words.ts';
import { whole } from '../cli/answers.ts';
import { calm, lost, sight, troubled } from './materials.ts';

const EVIL = '<img src=x onerror="alert(1)">&';
const countOf = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;
/** What a reader sees, without tags. */
const wordsOf = (html: string): string =>
  html
    .replaceAll(/<style>[\s\S]*?<\/style>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

const pages = { calm, troubled, lost };

describe.each(Object.entries(pages))('the page of a cluster that is %s', (_name, material) => {
  const html = statusPage(material);

  test('needs nothing else, and lets a browser load nothing', () => {
    expect(html).not.toMatch(/<script|<link|<iframe|<img|<use|@import|@font-face/i);
    expect(html.replaceAll(/http:\/\/10\.[\d.]+:\d+/g, '')).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/\b(?:src|srcset|href)=/);
    const targets = [...html.matchAll(/url\(([^")]*)/g)].map(([, target = '']) => target);
    expect(targets.filter((target) => !html.includes(`id="${target.slice(1)}"`))).toEqual([]);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  test('is the same for the same material, has no number that is none, and pictures name themselves', () => {
    expect(statusPage(material)).toBe(html);
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(countOf(html, /<svg[^>]*role="img"/g)).toBe(countOf(html, /<desc /g));
  });
});

test('a healthy cluster is told in one sentence, with members, sizes, backups and writes', () => {
  const words = wordsOf(statusPage(calm));
  expect(words).toContain('✓ Healthy. Nothing found.');
  expect(words).toContain('voters that answer 3 of 3');
  expect(words).toContain('its leader was i-00000000000000001.');
  expect(words).toContain('largest database 20.0 KiB');
  expect(words).toContain('newest backup 12 minutes');
  expect(words).toContain('Nothing was found.');
  expect(words).toMatch(/✓ restored to prove it 16,000 3\.0 MiB/);
  expect(words).toContain('✕ cannot be restored: its hash differs');
  expect(words).not.toContain('What is waited for');
});

test('what is wrong comes with what to do, since when, and who deals with it', () => {
  const html = statusPage(troubled);
  const words = wordsOf(html);
  expect(words).toContain('✕ Degraded. Found 1 critical, 1 warning, 1 notice.');
  expect(words).toContain('critical voterSilent i-00000000000000002');
  expect(words).toContain('What to do: look at etcd on that machine');
  expect(words).toContain('since 2026-01-01 11:57:00 UTC (3 minutes), the autopilot is repairing it');
  expect(words).toContain('answering 2, voters 3');
  expect(words).toContain('nameless (foreign)');
  expect(words).toContain('foreignMember: a member that nobody here created');
  expect(words).toContain('i-00000000000000002 waits in its terminate hook for 60 s');
  expect(words).toContain('The last one failed at 2026-01-01 11:58:00 UTC: S3 refused it: AccessDenied');
  expect(html).toContain('class="gap"');
});

test('what is not known is said to be so, and is never well', () => {
  const words = wordsOf(statusPage(lost));
  expect(words).toContain('✕ No quorum answers. Its checks could not be made.');
  expect(words).toContain('Not known: etcd-autopilot-checks could not be reached');
  expect(words).toContain('Not known: there is no function etcd-autopilot-backup');
  expect(words).toContain('No voter answers now. Voters at 2025-12-31 23:00:00 UTC: i-00000000000000001');
  expect(words).toContain('no leader was seen');
  expect(words).toContain('largest database unknown');
  expect(words).not.toContain('Nothing was found');
  const unchecked = statusPage({ ...calm, doctor: { missing: 'x' } });
  expect(wordsOf(unchecked)).toContain('! Healthy. Its checks could not be made.');
  expect(wordsOf(statusPage({ ...calm, status: { missing: 'x' } }))).toContain('✕ Unknown.');
});

test('a notice alone leaves a cluster well, and anything else does not', () => {
  const [critical, warning, notice] =
    troubled.doctor.missing === undefined ? troubled.doctor.is.findings : [];
  const verdictWith = (finding: typeof notice): string | undefined => {
    const findings = finding === undefined ? [] : [finding];
    return /class="verdict[^>]*>/.exec(statusPage({ ...calm, doctor: { is: { ...sight, findings } } }))?.[0];
  };
  expect([notice, warning, critical].map(verdictWith)).toEqual([
    'class="verdict">',
    'class="verdict warned">',
    'class="verdict failed">',
  ]);
});

test.each([
  [20_000, 'less than a minute'],
  [60_000, '1 minute'],
  [-5_000, 'less than a minute'],
  [7_140_000, '119 minutes'],
  [7_200_000, '2 h'],
  [5 * 86_400_000, '5 days'],
])('an age of %i ms is "%s"', (ms, words) => {
  const at = '2026-01-01T12:00:00.000Z';
  expect(ageText(new Date(Date.parse(at) - ms).toISOString(), at)).toBe(words);
  expect(ageText('never', at)).toBeNull();
});

test('whatever a text holds, it stays text', () => {
  const evil: PageMaterial = {
    cluster: EVIL,
    at: EVIL,
    command: EVIL,
    status: {
      is: {
        ...whole,
        leader: EVIL,
        members: whole.members.map((member) => ({ ...member, name: EVIL, version: EVIL, clientUrl: EVIL })),
        instances: [{ id: EVIL, stage: 'arriving', zone: EVIL, address: EVIL, memberId: null }],
        waits: [{ kind: 'foreignMember', text: EVIL }],
        hooks: [{ instanceId: EVIL, transition: 'launch', since: null, ageSeconds: null }],
      },
    },
    doctor: {
      is: {
        ...sight,
        findings: [
          {
            ...{ code: EVIL, severity: 'warning', subject: EVIL, text: EVIL, remedy: EVIL },
            ...{ evidence: { [EVIL]: EVIL }, since: EVIL, repair: EVIL },
          },
        ],
        backup: {
          last: null,
          restorable: null,
          lastFailure: { at: EVIL, text: EVIL },
          unverifiable: false,
        },
      },
    },
    snapshots: {
      is: [{ key: EVIL, takenAt: EVIL, revision: EVIL, sizeBytes: null, state: EVIL, reason: EVIL }],
    },
  };
  for (const html of [statusPage(evil), statusPage({ ...evil, doctor: { missing: EVIL } })]) {
    expect(html).not.toContain('<img');
    expect(html).not.toContain('onerror="');
    expect(countOf(html, /&lt;img src=x/g)).toBeGreaterThan(15);
  }
});
