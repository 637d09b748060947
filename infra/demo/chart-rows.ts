import { gutterText, isWithin, PLOT, type Row, shareOf, type View, xOf } from './chart.ts';
import type { Strength } from './lanes.ts';
import type { Write } from './recording.ts';
import { durationText, fits, px, svgBox, svgText, widthOf } from './svg.ts';
import { type Column, columnsOf, type Gap, gapsOf } from './writes.ts';

const UNIT = 8;

/** Voters as steps: how many there are, how many answer, how many must. */
export function strengthRow(strengths: readonly Strength[], view: View): Row {
  const shown = strengths.filter(({ fromMs, toMs }) => isWithin(view, fromMs, toMs));
  const most = Math.max(3, ...shown.map(({ voters }) => voters));
  const height = most * UNIT + 24;
  return {
    height,
    draw: (y) => {
      const base = y + height - 6;
      return [
        gutterText(base - most * UNIT - 2, 'voters'),
        gutterText(base - most * UNIT + 11, 'filled: answer', 'small'),
        gutterText(base - most * UNIT + 23, 'dashed: quorum', 'small'),
        ...shown.map((strength) => strengthStep(strength, view, base)),
      ].join('');
    },
  };
}

function strengthStep(
  { fromMs, toMs, voters, answering, quorum }: Strength,
  view: View,
  base: number,
): string {
  const x = xOf(view, fromMs);
  const width = xOf(view, toMs) - x;
  const isEnough = answering >= quorum;
  const words = `${answering} of ${voters} answer, ${quorum} must`;
  const label = [words, `${answering}/${voters}`].find((text) => fits(text, width)) ?? '';
  const box = { x, y: base - answering * UNIT, width, height: answering * UNIT };
  return [
    svgBox(
      { x, y: base - voters * UNIT, width, height: voters * UNIT },
      isEnough ? 'members' : 'members short',
      words,
    ),
    svgBox(box, 'answering', words),
    `<path class="quorum" d="M${px(x)} ${px(base - quorum * UNIT)}h${px(width)}"/>`,
    label === '' ? '' : svgText(x + 3, base - voters * UNIT - 3, label, { kind: 'tiny' }),
  ].join('');
}

/** From one millisecond to ten seconds: a write of 2 ms and a gap of 2 s show in one picture. */
const DECADES = [1, 10, 100, 1_000, 10_000];
const WRITES_HEIGHT = 104;
const WRITES_TOP = 18;

/** How long each write took, on a logarithmic scale, and the times without any. */
export function writesRow(writes: readonly Write[], view: View): Row {
  const columns = columnsOf(writes, view, PLOT / 2, (ms) => shareOf(view, ms));
  const gaps = gapsOf(writes).filter((gap) => showsOf(gap, view));
  return {
    height: WRITES_HEIGHT,
    draw: (y) => {
      const yOf = (ms: number): number => y + WRITES_TOP + scaleOf(ms) * (WRITES_HEIGHT - WRITES_TOP - 12);
      return [
        svgText(6, y + 30, 'time of a write', { kind: 'label' }),
        svgText(6, y + 42, 'logarithmic scale', { kind: 'small' }),
        svgText(6, y + 54, 'dark: median', { kind: 'small' }),
        svgText(6, y + 66, '×: not acknowledged', { kind: 'small' }),
        ...DECADES.map((ms) => gridLine(ms, view, yOf(ms))),
        ...gaps.map((gap) => gapBand(gap, view, y)),
        ...gapLabels(gaps, view).map(({ x, words }) => svgText(x, y + 11, words, { kind: 'gap-text' })),
        columnsPath(columns, view, yOf),
        failures(columns, view, yOf(1) + 6),
      ].join('');
    },
  };
}

/** A gap that only touches the view is its neighbour's. */
const showsOf = ({ fromMs, toMs }: Gap, view: View): boolean =>
  Math.min(toMs, view.toMs) - Math.max(fromMs, view.fromMs) > 100;

/** 0 for ten seconds and more, at the top; 1 for one millisecond and less. */
export const scaleOf = (ms: number): number => 1 - Math.min(Math.max(Math.log10(Math.max(ms, 1)), 0), 4) / 4;

const gridLine = (ms: number, view: View, y: number): string =>
  `<path class="rule" d="M${px(xOf(view, view.fromMs))} ${px(y)}h${PLOT}"/>${gutterText(y + 3.5, ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`, 'tick')}`;

const columnX = (view: View, index: number): number => xOf(view, view.fromMs) + index * 2 + 1;

function columnsPath(columns: readonly Column[], view: View, yOf: (ms: number) => number): string {
  const acked = columns.filter(({ mostMs }) => mostMs > 0);
  const spread = acked.map(({ index, leastMs, mostMs }) => {
    const low = yOf(leastMs);
    return `M${px(columnX(view, index))} ${px(low + 0.5)}V${px(Math.min(yOf(mostMs), low - 0.5))}`;
  });
  const median = acked.map(
    ({ index, medianMs }) => `M${px(columnX(view, index) - 1)} ${px(yOf(medianMs))}h2`,
  );
  return `<path class="spread" d="${spread.join('')}"/><path class="median" d="${median.join('')}"/>`;
}

function failures(columns: readonly Column[], view: View, y: number): string {
  return columns
    .filter(({ failedCount }) => failedCount > 0)
    .map(({ index, failedCount }) => {
      const x = px(columnX(view, index));
      return `<path class="failed" d="M${x} ${px(y)}m-2.5 -2.5l5 5m0 -5l-5 5"><title>${failedCount} not acknowledged in time</title></path>`;
    })
    .join('');
}

function gapBand(gap: Gap, view: View, y: number): string {
  const x = xOf(view, gap.fromMs);
  const box = { x, y: y + 15, width: Math.max(xOf(view, gap.toMs) - x, 2), height: WRITES_HEIGHT - 27 };
  return svgBox(box, 'gap', gapText(gap));
}

const gapText = ({ fromMs, toMs }: Gap): string => `${durationText(toMs - fromMs)} without a write`;

interface GapLabel {
  readonly x: number;
  readonly words: string;
}

/** The longest gaps are labelled first; a label that would lie on another is left to the tip of its band. */
function gapLabels(gaps: readonly Gap[], view: View): readonly GapLabel[] {
  const placed: GapLabel[] = [];
  const endOf = ({ x, words }: GapLabel): number => x + widthOf(words) + 22;
  for (const gap of [...gaps].sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs))) {
    const words = gapText(gap);
    const x = Math.min(xOf(view, gap.fromMs), xOf(view, view.toMs) - widthOf(words) - 12);
    const label = { x, words };
    if (placed.every((other) => x >= endOf(other) || endOf(label) <= other.x)) placed.push(label);
  }
  return placed;
}
