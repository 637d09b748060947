import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { statusPage } from '../../infra/page/html.ts';
import type { PageMaterial } from '../../infra/page/material.ts';
import { calm, lost, troubled } from '../infra/page/materials.ts';
import { Browser, findChromium, type View } from '../support/chromium.ts';

let browser: Browser;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-page-'));
  const path = findChromium();
  if (path === null) throw new Error('no Chromium is on the PATH, and CHROMIUM names none');
  browser = await Browser.start(path);
});
afterAll(async () => {
  await browser?.close();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  browser.fetched.splice(0);
  browser.complaints.splice(0);
});

async function show(html: string, view: View): Promise<void> {
  const file = join(dir, 'page.html');
  writeFileSync(file, html);
  await browser.view(view);
  await browser.open(file);
}

const WIDE = { width: 1_280, height: 900, colors: 'light' } as const;
const DARK = { ...WIDE, colors: 'dark' } as const;
const NARROW = { width: 360, height: 740, colors: 'light' } as const;
const PAGES: Readonly<Record<string, PageMaterial>> = { calm, troubled, lost };

/** Every text that is seen, as contrast of its colour with what is behind it, by the formula of WCAG. */
const FAINT = `(() => {
  const channel = (value) => { const one = value / 255; return one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4; };
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (one) => { for (let at = one; at !== null; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor; if (rgb(color)[3] !== 0) return color; } return 'rgb(255, 255, 255)'; };
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  const faint = []; let count = 0;
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (walker.currentNode.textContent.trim() === '' || one.closest('title, desc')) continue;
    const style = getComputedStyle(one);
    const [a, b] = [light(rgb(one instanceof SVGElement ? style.fill : style.color)), light(rgb(ground(one)))].sort((x, y) => y - x);
    count += 1;
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(walker.currentNode.textContent.trim());
  }
  return { count, faint };
})()`;

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
/** Pictures and tables are scrolled by themselves where a window is narrow; nothing else is cut off. */
const CUT = `[...document.querySelectorAll('main > *:not(.scroll), .finding, .finding p, .figures div')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className + one.textContent.slice(0, 40))`;

describe.each(Object.entries(PAGES))(
  'the status page in a browser, of a cluster that is %s',
  (_name, material) => {
    const html = statusPage(material);

    test.each([
      ['wide', WIDE],
      ['dark', DARK],
      ['narrow', NARROW],
    ])(
      '%s: loads nothing, complains of nothing, cuts nothing off, and every text can be read',
      async (_view, view) => {
        await show(html, view);
        expect(browser.fetched).toEqual([]);
        expect(browser.complaints).toEqual([]);
        expect(await browser.value(OVERFLOW)).toBe(0);
        expect(await browser.value(CUT)).toEqual([]);
        const { count, faint } = (await browser.value(FAINT)) as { count: number; faint: string[] };
        expect(count).toBeGreaterThan(15);
        expect(faint).toEqual([]);
      },
    );
  },
);

test('light and dark are two looks of one page', async () => {
  const ground = 'getComputedStyle(document.body).backgroundColor';
  await show(statusPage(calm), WIDE);
  const light = await browser.value(ground);
  await browser.view(DARK);
  expect([light, await browser.value(ground)]).toEqual(['rgb(255, 255, 255)', 'rgb(17, 22, 28)']);
});

test('the history is drawn: bars stand on the line, and none is outside of the picture', async () => {
  await show(statusPage(troubled), WIDE);
  const boxes = `(() => {
    const svg = document.querySelector('figure svg').getBoundingClientRect();
    const bars = [...document.querySelectorAll('figure .writes, figure .gap')].map((one) => one.getBoundingClientRect());
    return { count: bars.length, outside: bars.filter((one) => one.left < svg.left || one.right > svg.right
      || one.top < svg.top || one.bottom > svg.bottom || one.width === 0 || one.height === 0).length,
      grounds: new Set(bars.map((one) => Math.round(one.bottom))).size };
  })()`;
  expect(await browser.value(boxes)).toEqual({ count: 44, outside: 0, grounds: 1 });
});

test('a text with a script in it is shown as that text, and nothing runs', async () => {
  const evil = `<script>document.title = 'ran'</script><img src="x" onerror="document.title='ran'">`;
  await show(statusPage({ ...calm, command: evil, snapshots: { missing: evil } }), WIDE);
  expect(await browser.value('document.title')).toBe('core: healthy');
  expect(await browser.value('document.querySelector("footer code").textContent')).toBe(evil);
  expect(browser.fetched).toEqual([]);
});

test('even a page that somebody put an image into loads nothing', async () => {
  const html = statusPage(calm).replace('<footer', '<img src="http://192.0.2.1/x.png"><footer');
  await show(html, WIDE);
  expect(browser.complaints.join()).toContain('Content Security Policy');
  expect(await browser.value('document.images[0].naturalWidth')).toBe(0);
});
