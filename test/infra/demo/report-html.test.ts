import { beforeAll, describe, expect, test } from 'vitest';
import type { Recording } from '../../../infra/demo/recording.ts';
import { reportHtml } from '../../../infra/demo/report-html.ts';
import { A, B, C, FIXED } from './fixed-recording.ts';

const EVIL = '<img src=x onerror="alert(1)">&';
const countOf = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;
/** What a reader sees, without tags. */
const wordsOf = (html: string): string =>
  html
    .replaceAll(/<style>[\s\S]*?<\/style>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

let html: string;

beforeAll(() => {
  html = reportHtml(FIXED);
});

test('the same recording makes the same page, also after it went through JSON', () => {
  expect(reportHtml(JSON.parse(JSON.stringify(FIXED)))).toBe(html);
});

test('the page needs nothing else: no script, no address, no file', () => {
  expect(html).not.toMatch(/<script|<link|<iframe|<img|<use|@import|@font-face/i);
  expect(html).not.toMatch(/https?:\/\//);
  expect(html).not.toMatch(/\b(?:src|srcset|xlink:href)=/);
  const targets = [...html.matchAll(/(?:href="|url\()([^")]*)/g)].map(([, target = '']) => target);
  expect(targets.length).toBeGreaterThan(5);
  for (const target of targets) {
    expect(target).toMatch(/^#/);
    expect(html).toContain(`id="${target.slice(1)}"`);
  }
});

test('every instance has a lane with its id, address and zone', () => {
  for (const id of [A, B, C]) {
    expect(html).toContain(`data-instance="${id}"`);
    expect(html).toContain(`>${id}</text>`);
  }
  expect(html).toContain('127.46.0.10 · us-east-1a');
});

test('every step has a band, a caption, a row in the table and a picture of its own', () => {
  const [overview = ''] = /<svg[^>]*aria-labelledby="overview-title[\s\S]*?<\/svg>/.exec(html) ?? [];
  expect(countOf(overview, /<rect class="(?:even|odd)"/g)).toBe(FIXED.steps.length);
  for (const [index, { name, about }] of FIXED.steps.entries()) {
    expect(overview).toContain(`class="caption"`);
    expect(overview).toContain(`>${name}</text>`);
    expect(html).toContain(`<a href="#part-${index + 1}">${name}</a>`);
    expect(html).toContain(`aria-labelledby="step-${index + 1}-title step-${index + 1}-desc"`);
    expect(html).toContain(about);
  }
});

test('every picture names itself to those who do not see it', () => {
  const pictures = countOf(html, /<svg[^>]*role="img"/g);
  expect(pictures).toBe(FIXED.steps.length + 1);
  expect(countOf(html, /<desc /g)).toBe(pictures);
  expect(countOf(html, /<svg/g)).toBe(pictures + countOf(html, /<svg[^>]*aria-hidden="true"/g));
});

test('states are told in words on the bars, not by colour alone', () => {
  for (const words of ['A ★ leader', 'B voter', 'C learner', 'held in its terminate hook']) {
    expect(html).toContain(`>${words}</text>`);
  }
});

test('gaps are marked with their length, and writes that were not acknowledged are counted', () => {
  expect(html).toContain('1.0 s without a write');
  expect(html).toMatch(/class="failed"[^>]*><title>\d+ not acknowledged in time/);
});

test('waits stand with their reason, actions with what they were about, by the letters of the lanes', () => {
  const words = wordsOf(html);
  expect(words).toContain('awaitingReplacement (B): B stays a little longer, until its replacement votes');
  expect(words).toContain('removes B from the cluster: its instance is being terminated');
  expect(words).toContain('makes C a voter');
  expect(words).toContain('adds C as a learner: refused, unhealthy cluster');
  expect(words).toContain('this etcd changes its members only when its voters have been connected');
  expect(words).toContain('writes a ticket (2 times)');
  expect(words).toContain('terminating B');
});

describe('the verdict', () => {
  const failed: Recording = {
    ...FIXED,
    steps: FIXED.steps.map((step, index) =>
      index === 0
        ? step
        : { ...step, wholeMs: null, lostWrites: 2, problems: ['it did not converge within 6 s'] },
    ),
  };

  test('says in one sentence that everything passed', () => {
    expect(wordsOf(html)).toContain(
      'Passed. All 2 steps converged within their limits, and none of 300 acknowledged writes was lost.',
    );
  });

  test('says which step failed, and why', () => {
    const words = wordsOf(reportHtml(failed));
    expect(words).toContain('Failed. 1 of 2 steps did not pass; 2 acknowledged writes were lost.');
    expect(words).toContain('B is terminated: it did not converge within 6 s');
    expect(words).not.toContain('Passed.');
  });

  test('says what broke off the run', () => {
    expect(wordsOf(reportHtml({ ...FIXED, error: 'the stage did not answer' }))).toContain(
      'the run broke off: the stage did not answer',
    );
  });
});

test('whatever a text holds, it stays text', () => {
  const [first, ...rest] = FIXED.steps;
  const evil = reportHtml({
    ...FIXED,
    command: EVIL,
    error: EVIL,
    setting: { etcd: EVIL, facts: [[EVIL, EVIL]] },
    steps: first === undefined ? [] : [{ ...first, name: EVIL, about: EVIL, problems: [EVIL] }, ...rest],
    actions: FIXED.actions.map((action) => ({ ...action, kind: EVIL, refusal: EVIL })),
    told: [{ atMs: 5_500, kind: 'awaitingReplacement', text: `${EVIL} ${B}` }],
  });
  expect(evil).not.toContain('<img');
  expect(evil).not.toContain('onerror="');
  expect(countOf(evil, /&lt;img src=x/g)).toBeGreaterThan(10);
});

test('a recording of which nothing came is still a page', () => {
  const empty = { ...FIXED, samples: [], steps: [], writes: [], actions: [], told: [], endMs: 0 };
  expect(wordsOf(reportHtml({ ...empty, error: 'no etcd' }))).toContain('the run broke off: no etcd');
  expect(reportHtml(empty)).not.toMatch(/NaN|Infinity|undefined/);
});

test('no coordinate is not a number, and an hour of writes stays a small page', () => {
  expect(html).not.toMatch(/NaN|Infinity|undefined/);
  const writes = Array.from({ length: 180_000 }, (_, index): Recording['writes'][number] => [
    index * 20,
    3,
    1,
  ]);
  const step = FIXED.steps.map((one) => ({ ...one, toMs: 3_600_000 }));
  const long = reportHtml({ ...FIXED, writes, steps: step, endMs: 3_600_000 });
  expect(Buffer.byteLength(long)).toBeLessThan(400_000);
});
