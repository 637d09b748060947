import { drawnMs, type Fold } from './folds.ts';
import { escapeText, px, secondsText, svgBox, svgText } from './svg.ts';

/** The picture is drawn in these units and scales with the page. */
export const WIDTH = 1_200;
export const LEFT = 196;
export const RIGHT = 14;
export const PLOT = WIDTH - LEFT - RIGHT;

/** A stretch of the recording, as wide as the plot. */
export interface View {
  readonly fromMs: number;
  readonly toMs: number;
  /** Where time runs faster, because nothing changed. */
  readonly folds: readonly Fold[];
}

/** A strip of the picture, `height` units high. */
export interface Row {
  readonly height: number;
  readonly draw: (y: number) => string;
}

export interface ChartOptions {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
  /** Drawn below everything, over the whole height. */
  readonly ground: (height: number) => string;
}

/** How much of the view lies before a moment, from 0 to 1. */
export function shareOf({ fromMs, toMs, folds }: View, ms: number): number {
  const first = drawnMs(folds, fromMs);
  return (drawnMs(folds, Math.min(Math.max(ms, fromMs), toMs)) - first) / (drawnMs(folds, toMs) - first);
}

export const xOf = (view: View, ms: number): number => LEFT + shareOf(view, ms) * PLOT;

export const isWithin = (view: Pick<View, 'fromMs' | 'toMs'>, fromMs: number, toMs: number): boolean =>
  toMs > view.fromMs && fromMs < view.toMs;

/** One picture: its rows from top to bottom. It names itself to those who do not see it. */
export function chart({ id, title, description, rows, ground }: ChartOptions): string {
  const height = rows.reduce((sum, row) => sum + row.height, 0);
  let y = 0;
  const drawn = rows.map((row) => {
    const svg = row.draw(y);
    y += row.height;
    return svg;
  });
  return [
    `<svg viewBox="0 0 ${WIDTH} ${px(height)}" role="img" aria-labelledby="${id}-title ${id}-desc">`,
    `<title id="${id}-title">${escapeText(title)}</title>`,
    `<desc id="${id}-desc">${escapeText(description)}</desc>`,
    ground(height),
    ...drawn,
    '</svg>',
  ].join('\n');
}

/** What a row shows, written left of it. */
export const gutterText = (y: number, text: string, kind = 'label'): string =>
  svgText(LEFT - 12, y, text, { kind, anchor: 'end' });

const TICK_STEPS_MS = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000];
const TICKS_MAX = 14;

/** Seconds since `zeroMs`. */
export function axisRow(view: View, zeroMs: number, label: string): Row {
  const length = drawnMs(view.folds, view.toMs) - drawnMs(view.folds, view.fromMs);
  const step = TICK_STEPS_MS.find((ms) => length / ms <= TICKS_MAX) ?? length / 2;
  const first = Math.ceil((view.fromMs - zeroMs) / step) * step;
  const count = Math.max(0, Math.floor((view.toMs - zeroMs - first) / step) + 1);
  const isFolded = (ms: number): boolean => view.folds.some(({ fromMs, toMs }) => ms > fromMs && ms < toMs);
  const all = Array.from({ length: count }, (_, index) => first + index * step);
  const ticks = all.filter((ms) => !isFolded(zeroMs + ms));
  return {
    height: 20,
    draw: (y) => {
      const marks = ticks.map((ms) => {
        const x = xOf(view, zeroMs + ms);
        const words = step < 1_000 ? secondsText(ms) : String(Math.round(ms / 1_000));
        return `${svgText(x, y + 11, words, { kind: 'tick', anchor: 'middle' })}<path class="axis" d="M${px(x)} ${y + 14}v6"/>`;
      });
      return `${gutterText(y + 11, label, 'tick')}${marks.join('')}${foldLabels(view, y).join('')}`;
    },
  };
}

/** How much time lies in each fold. */
const foldLabels = (view: View, y: number): readonly string[] =>
  view.folds
    .filter(({ fromMs, toMs }) => isWithin(view, fromMs, toMs))
    .map(({ fromMs, toMs }) => {
      const middle = (xOf(view, fromMs) + xOf(view, toMs)) / 2;
      const words = `${Math.round((toMs - fromMs) / 1_000)} s`;
      return svgText(middle, y + 11, words, { kind: 'fold-text', anchor: 'middle' });
    });

/** Marks the folds over the whole height. */
export const foldBands = (view: View, height: number): string =>
  view.folds
    .filter(({ fromMs, toMs }) => isWithin(view, fromMs, toMs))
    .map(({ fromMs, toMs }) => {
      const x = xOf(view, fromMs);
      return svgBox(
        { x, y: 0, width: xOf(view, toMs) - x, height },
        'fold',
        'time runs faster here: nothing changed',
      );
    })
    .join('');

export const spaceRow = (height: number): Row => ({ height, draw: () => '' });

/** A rule above what follows, to tell parts of a picture from each other. */
export const ruleRow = (): Row => ({
  height: 10,
  draw: (y) => `<path class="rule" d="M0 ${px(y + 5)}H${WIDTH}"/>`,
});

/** A vertical band over the whole picture. */
export function band(view: View, fromMs: number, toMs: number, height: number, kind: string): string {
  const x = xOf(view, fromMs);
  return svgBox({ x, y: 0, width: xOf(view, toMs) - x, height }, kind);
}
