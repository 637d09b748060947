import { escapeText, px, svgBox, svgText } from '../../demo/svg.ts';

/** A stretch of a bar. */
export interface Segment {
  /** Names its colour: one of those below. */
  readonly kind: BarKind;
  readonly value: number;
  readonly tip: string;
}

export type BarKind = 'platform' | 'floor' | 'ours' | 'first' | 'second' | 'third' | 'fourth' | 'fifth';

export interface Bar {
  readonly label: string;
  readonly segments: readonly Segment[];
  /** Behind the bar. */
  readonly note: string;
}

export interface BarChart {
  readonly title: string;
  readonly description: string;
  /** What the kinds mean, in the order of the segments. */
  readonly legend: readonly (readonly [BarKind, string])[];
  readonly bars: readonly Bar[];
  readonly unit: string;
}

const WIDTH = 900;
const LEFT = 150;
const RIGHT = 190;
const ROW = 26;
const BAR = 16;
const TOP = 78;
const BOTTOM = 34;
const LEGEND_STEP = 20;
const GRID_LINES = 5;

/** From the palette of Okabe and Ito; every stretch also tells itself in words, and the legend is in its order. */
const STYLE = `
text { font: 13px Helvetica, Arial, sans-serif; fill: #17202a; } .title { font-size: 16px; font-weight: bold; } .soft { fill: #566270; font-size: 12px; }
.page { fill: #ffffff; } .grid { stroke: #d9dee4; } .platform { fill: #c3cad2; } .floor { fill: #56b4e9; } .ours { fill: #d55e00; }
.first { fill: #0072b2; } .second { fill: #e69f00; } .third { fill: #009e73; } .fourth { fill: #cc79a7; } .fifth { fill: #8b949e; }
@media (prefers-color-scheme: dark) { text { fill: #e8edf2; } .soft { fill: #a3b0bd; } .page { fill: #11161c; } .grid { stroke: #323c47; } .platform { fill: #58636f; } }`;

/** Bars that lie on one another's ends, from left to right; a picture that stands alone. */
export function barChart({ title, description, legend, bars, unit }: BarChart): string {
  const top = TOP + Math.max(0, legend.length - 1) * LEGEND_STEP;
  const height = top + bars.length * ROW + BOTTOM;
  const largest = Math.max(0, ...bars.map(lengthOf));
  const step = niceStep(largest);
  const end = Math.max(step, Math.ceil(largest / step) * step);
  const x = (value: number): number => LEFT + (value / end) * (WIDTH - LEFT - RIGHT);
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, nth) => nth * step);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escapeText(title)}</title>`,
    `<desc id="desc">${escapeText(description)}</desc>`,
    `<style>${STYLE}</style>`,
    svgBox({ x: 0, y: 0, width: WIDTH, height }, 'page'),
    svgText(16, 28, title, { kind: 'title' }),
    ...legend.map(([kind, words], nth) => legendLine(kind, words, 44 + nth * LEGEND_STEP)),
    ...ticks.map((value) => gridLine(x(value), top - 6, height - BOTTOM + 4, `${told(value)} ${unit}`)),
    ...bars.map((bar, row) => drawBar(bar, x, top + row * ROW)),
    '</svg>\n',
  ].join('\n');
}

const lengthOf = ({ segments }: Bar): number => segments.reduce((sum, { value }) => sum + value, 0);

const told = (value: number): string => String(Math.round(value * 100) / 100);

/** 1, 2 or 5 times a power of ten, so that about five lines reach the largest. */
function niceStep(largest: number): number {
  if (largest <= 0) return 1;
  const rough = largest / GRID_LINES;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
}

const legendLine = (kind: BarKind, words: string, y: number): string =>
  [svgBox({ x: 16, y, width: 14, height: 14 }, kind), svgText(38, y + 12, words, { kind: 'soft' })].join(
    '\n',
  );

const gridLine = (x: number, y1: number, y2: number, text: string): string =>
  [
    `<line class="grid" x1="${px(x)}" y1="${px(y1)}" x2="${px(x)}" y2="${px(y2)}"/>`,
    svgText(x, y2 + 16, text, { kind: 'soft', anchor: 'middle' }),
  ].join('\n');

function drawBar({ label, segments, note }: Bar, x: (value: number) => number, y: number): string {
  let from = 0;
  const boxes = segments.map(({ kind, value, tip }) => {
    const box = { x: x(from), y: y + (ROW - BAR) / 2, width: x(from + value) - x(from), height: BAR };
    from += value;
    return svgBox(box, kind, tip);
  });
  const base = y + ROW / 2 + 4;
  return [
    svgText(LEFT - 10, base, label, { kind: 'label', anchor: 'end' }),
    ...boxes,
    svgText(x(from) + 8, base, note, { kind: 'soft' }),
  ].join('\n');
}
