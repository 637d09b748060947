import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { barChart } from '../../../infra/bench/render/bars.ts';
import { readFigures } from '../../../infra/bench/render/figures-file.ts';
import { renderPages } from '../../../infra/bench/render/page.ts';
import { render } from '../../../infra/bench/render/render.ts';
import { run } from './samples.ts';

const FIGURES = {
  format: 1,
  setting: {
    at: '2026-11-21T12:00:00.000Z',
    quick: false,
    repetitions: 2,
    etcd: '3.6.14',
    machine: 'a <machine>',
    node: 'v24',
    processors: 2,
    loadBefore: 0.4,
    platform: { bootMs: 1_000, terminationMs: 1_000, healthCheckMs: 2_000 },
  },
  stories: [
    { name: 'ghost', about: '', size: 3, runs: [run({ strengthMs: 3_000 }), run({ strengthMs: 5_000 })] },
    { name: 'broken', about: '', size: 3, runs: [run({ strengthMs: null, error: 'it broke' })] },
  ],
  calls: [{ name: 'ghost', passes: 2, looks: 4, total: 12, calls: { 'ssm:PutParameter': 12 } }],
  idlePass: [
    { members: 3, passes: 20, calls: { 'ec2:DescribeInstances': 1 }, awsCalls: 5, medianMs: 30, worstMs: 50 },
  ],
  functions: [
    { name: 'membership', archiveBytes: 239_000, bundleBytes: 867_000, loadMs: 130, peakMemoryMb: 75 },
  ],
  growth: {
    members: [],
    clusters: [
      {
        members: 3,
        clusters: 200,
        awsCalls: 4,
        etcdCalls: 5,
        passMs: 0.2,
        foundingCalls: 65,
        foundingLooks: 9,
      },
    ],
  },
  targets: [
    { name: 'ghost', promise: 'it is kept', limit: 5, got: 4, unit: 'ms', isMet: true },
    { name: 'broken', promise: 'it comes to an end', limit: 5, got: null, unit: 'ms', isMet: false },
  ],
};

const pagesOf = (figures: object) => renderPages(readFigures(JSON.stringify(figures)));

describe('the page of measured figures', () => {
  test('tells median and worst of every story, and every promise with what was measured', () => {
    const page = pagesOf(FIGURES).get('performance.md') ?? '';
    expect(page).toContain('| `ghost` | 4000 / 5000 | 300 / 300 | 1000 / 1000 | 1700 / 1700 | 13.3 |');
    expect(page).toContain('| it is kept | `ghost` | 5 ms | 4 ms | kept |');
    expect(page).toContain('| it comes to an end | `broken` | 5 ms | never | **missed** |');
    expect(page).toContain('| `membership` | 239 | 867 | 130 | 75 |');
    expect(page).toContain('| `ghost` | 2 | 4 | 12 | 3.0 | 12 |');
  });

  test('shows a picture for each chart that it made, and makes none without figures', () => {
    const pages = pagesOf(FIGURES);
    const shown = [...(pages.get('performance.md') ?? '').matchAll(/\]\((performance-[a-z]+\.svg)\)/g)];
    expect(shown.map(([, file]) => file).sort()).toEqual(
      [...pages.keys()].filter((name) => name.endsWith('.svg')).sort(),
    );
    expect(shown).toHaveLength(5);
    const bare = pagesOf({ format: 1, setting: FIGURES.setting });
    expect([...bare.keys()]).toEqual(['performance.md']);
    expect(bare.get('performance.md')).not.toContain('##');
  });

  test('says that the machine was busy when it was', () => {
    const busy = { ...FIGURES, setting: { ...FIGURES.setting, loadBefore: 1.1 } };
    expect(pagesOf(busy).get('performance.md')).toContain('The machine was busy');
    expect(pagesOf(FIGURES).get('performance.md')).not.toContain('The machine was busy');
  });

  test('is the same for the same figures', () => {
    expect(pagesOf(FIGURES)).toEqual(pagesOf(FIGURES));
  });
});

describe('a bar', () => {
  const chart = (values: readonly number[]) =>
    barChart({
      title: 'a & b',
      description: 'd',
      legend: [],
      unit: 'ms',
      bars: [
        {
          label: '<x>',
          note: '',
          segments: values.map((value) => ({ kind: 'ours', value, tip: `${value}` })),
        },
      ],
    });

  test('is as long as its stretches, each where the one before ends', () => {
    const boxes = [...chart([10, 30]).matchAll(/class="ours" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)];
    const [first, second] = boxes.map(([, x, width]) => ({ x: Number(x), width: Number(width) }));
    expect(second?.x).toBeCloseTo((first?.x ?? 0) + (first?.width ?? 0), 1);
    expect((second?.width ?? 0) / (first?.width ?? 1)).toBeCloseTo(3, 1);
  });

  test('of nothing has no length, and what is written in it cannot end the picture', () => {
    expect(chart([0])).toContain('width="0"');
    expect(chart([1])).toContain('&lt;x&gt;');
    expect(chart([1])).toContain('a &amp; b');
  });
});

describe('rendering', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'etcd-autopilot-render-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function rendered(text: string): Promise<{ readonly code: number; readonly err: string }> {
    let err = '';
    const file = join(folder, 'bench.json');
    await writeFile(file, text);
    const code = await render({
      file,
      folder: join(folder, 'docs'),
      out: () => undefined,
      err: (words) => {
        err += words;
      },
    });
    return { code, err };
  }

  test('writes the page and its pictures', async () => {
    expect(await rendered(JSON.stringify(FIGURES))).toEqual({ code: 0, err: '' });
    expect((await readdir(join(folder, 'docs'))).sort()).toEqual([
      'performance-calls.svg',
      'performance-gap.svg',
      'performance-growth.svg',
      'performance-idle.svg',
      'performance-strength.svg',
      'performance.md',
    ]);
    expect(await readFile(join(folder, 'docs', 'performance-gap.svg'), 'utf8')).toMatch(
      /^<svg .*\n[\s\S]*<\/svg>\n$/,
    );
  });

  test.each([
    ['{', 'it is no JSON'],
    ['{"format":2}', 'it is no file of the benchmark'],
    [JSON.stringify({ ...FIGURES, calls: [{ name: 1 }] }), 'calls.0.name'],
  ])('of %s says in one line what is wrong with the file, and writes nothing', async (text, words) => {
    const { code, err } = await rendered(text);
    expect(code).toBe(2);
    expect(err).toContain(words);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['bench.json']);
  });
});
