import type { ShownSample } from '../cli/checks/answer.ts';
import { escapeText, px, svgBox, svgText } from '../demo/svg.ts';
import { thousands } from './words.ts';

const WIDTH = 1_200;
const LEFT = 70;
const PLOT = WIDTH - LEFT - 10;
const TOP = 26;
const HEIGHT = 150;
const AXIS = 34;
/** Two looks of the schedule further apart than this: one at least did not come, or saw no voter answer. */
const GAP_MS = 150_000;
/** No cluster writes so much between two looks: its data was restored, and its revision bumped. */
const JUMP = 500_000_000n;

/** What happened between two samples. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: 'writes' | 'gap' | 'restored';
  /** Only of `writes`. */
  readonly perMinute: number;
}

export const stretchesOf = (samples: readonly ShownSample[]): readonly Stretch[] =>
  samples.slice(1).flatMap((sample, index) => {
    const before = samples[index];
    return before === undefined || sample.atMs <= before.atMs ? [] : [stretchOf(before, sample)];
  });

function stretchOf(before: ShownSample, sample: ShownSample): Stretch {
  const [fromMs, toMs] = [before.atMs, sample.atMs];
  const grown = sample.revision - before.revision;
  if (grown < 0n || grown >= JUMP) return { fromMs, toMs, kind: 'restored', perMinute: 0 };
  if (toMs - fromMs > GAP_MS) return { fromMs, toMs, kind: 'gap', perMinute: 0 };
  return { fromMs, toMs, kind: 'writes', perMinute: (Number(grown) * 60_000) / (toMs - fromMs) };
}

/** Writes over time as a picture of its own; empty where too little was seen to draw one. */
export function historyFigure(samples: readonly ShownSample[]): string {
  const stretches = stretchesOf(samples);
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined) return '';
  const view = { fromMs: first.fromMs, toMs: last.toMs };
  const peak = Math.max(0, ...stretches.map(({ perMinute }) => perMinute));
  const top = niceAbove(peak);
  const title = 'Writes a minute';
  const described = descriptionOf(stretches, peak);
  return [
    `<svg viewBox="0 0 ${WIDTH} ${TOP + HEIGHT + AXIS}" role="img" aria-labelledby="history-title history-desc">`,
    `<title id="history-title">${title}</title><desc id="history-desc">${escapeText(described)}</desc>`,
    ...[0, top / 2, top].map((value) => gridLine(value, top)),
    ...stretches.map((stretch) => bar(stretch, view, top)),
    ...ticks(view),
    '</svg>',
  ].join('\n');
}

interface View {
  readonly fromMs: number;
  readonly toMs: number;
}

function descriptionOf(stretches: readonly Stretch[], peak: number): string {
  const gaps = stretches.filter(({ kind }) => kind === 'gap').length;
  const restored = stretches.filter(({ kind }) => kind === 'restored').length;
  return [
    `${stretches.length} looks; at most ${thousands(Math.round(peak))} writes a minute`,
    ...(gaps === 0 ? [] : [`${gaps} times no look came, or no voter answered`]),
    ...(restored === 0 ? [] : [`${restored} times the data was restored`]),
  ].join('; ');
}

const xOf = ({ fromMs, toMs }: View, ms: number): number => LEFT + ((ms - fromMs) / (toMs - fromMs)) * PLOT;
const yOf = (value: number, top: number): number => TOP + HEIGHT - (value / top) * HEIGHT;

function gridLine(value: number, top: number): string {
  const y = yOf(value, top);
  const words = thousands(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
  return `<path class="grid" d="M${LEFT} ${px(y)}H${LEFT + PLOT}"/>${svgText(LEFT - 8, y + 4, words, { kind: 'tick', anchor: 'end' })}`;
}

/** To the second where minutes would not tell the ticks apart. */
const timeOf = (ms: number, view: View): string =>
  new Date(ms).toISOString().slice(11, view.toMs - view.fromMs < TICKS * 60_000 ? 19 : 16);

function bar(stretch: Stretch, view: View, top: number): string {
  const { fromMs, toMs, kind, perMinute } = stretch;
  const x = xOf(view, fromMs);
  const width = Math.max(1, xOf(view, toMs) - x - 1);
  const from = `${timeOf(fromMs, view)}–${timeOf(toMs, view)}`;
  if (kind === 'writes') {
    const y = yOf(perMinute, top);
    const tip = `${from}: ${thousands(Math.round(perMinute))} writes a minute`;
    return svgBox({ x, y, width, height: TOP + HEIGHT - y }, 'writes', tip);
  }
  const words = kind === 'gap' ? 'no look, or no voter answered' : 'restored';
  const box = svgBox({ x, y: TOP, width, height: HEIGHT }, kind, `${from}: ${words}`);
  return `${box}${svgText(x + width / 2, TOP - 8, words, { kind: 'tick', anchor: 'middle' })}`;
}

const TICKS = 8;

function ticks(view: View): readonly string[] {
  return Array.from({ length: TICKS + 1 }, (_, index) => {
    const ms = view.fromMs + ((view.toMs - view.fromMs) * index) / TICKS;
    const anchor = index === 0 ? 'start' : index === TICKS ? 'end' : 'middle';
    return svgText(xOf(view, ms), TOP + HEIGHT + 20, timeOf(ms, view), { kind: 'tick', anchor });
  });
}

/** The next of 1, 2, 5, 10, 20, … that is not below. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= value) ?? 10 * power;
}
