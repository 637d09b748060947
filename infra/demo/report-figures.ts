import {
  axisRow,
  band,
  chart,
  foldBands,
  isWithin,
  LEFT,
  type Row,
  ruleRow,
  spaceRow,
  type View,
  xOf,
} from './chart.ts';
import { actionsRow, captionsRow, waitRows } from './chart-events.ts';
import { HOLDS, laneRows, STATES } from './chart-lanes.ts';
import { strengthRow, writesRow } from './chart-rows.ts';
import { type Fold, foldsOf } from './folds.ts';
import { type Hold, type Lane, type LaneState, lanesOf, type Strength, strengthOf } from './lanes.ts';
import type { Recording, StepRecord } from './recording.ts';
import { durationText, escapeText, px, svgBox, svgText } from './svg.ts';
import { type WaitSpan, waitsOf } from './waits.ts';
import { type Naming, namingOf, signsText } from './words.ts';

/** What the pictures and texts of one report are made of. */
export interface Material {
  readonly recording: Recording;
  readonly lanes: readonly Lane[];
  readonly strengths: readonly Strength[];
  readonly waits: readonly WaitSpan[];
  readonly naming: Naming;
  readonly folds: readonly Fold[];
}

export function materialOf(recording: Recording): Material {
  const lanes = lanesOf(recording);
  const naming = namingOf(recording, lanes);
  const folds = foldsOf(recording);
  return { recording, lanes, naming, folds, strengths: strengthOf(recording), waits: waitsOf(recording) };
}

/** The whole run, one band for each step. */
export function overview(material: Material): string {
  const { recording, lanes } = material;
  const { steps, endMs } = recording;
  const view = { fromMs: 0, toMs: Math.max(endMs, 1), folds: material.folds };
  const names = lanes.map(({ letter, id }) => `${letter} ${id}`).join(', ');
  return chart({
    id: 'overview',
    title: 'The whole run: instances, voters and writes over time',
    description: `${steps.length} steps in ${durationText(endMs)}; one lane for each of ${lanes.length} instances: ${names}.`,
    ground: (height) =>
      steps
        .map(({ fromMs, toMs }, index) => band(view, fromMs, toMs, height, index % 2 === 0 ? 'even' : 'odd'))
        .join('') + foldBands(view, height),
    rows: [captionsRow(steps, view), axisRow(view, 0, 'seconds'), ...bodyRows(material, view, 0, true)],
  });
}

/** One step, as wide as the page. */
export function stepFigure(material: Material, step: StepRecord, index: number): string {
  const { folds } = material;
  const view = { fromMs: step.fromMs, toMs: Math.max(step.toMs, step.fromMs + 1), folds };
  const whole =
    step.wholeMs === null
      ? 'it did not converge'
      : `whole again after ${durationText(step.wholeMs - step.fromMs)}`;
  return chart({
    id: `step-${index + 1}`,
    title: `Step ${index + 1}: ${step.name}`,
    description: `${step.about} Result: ${whole}.`,
    ground: (height) => foldBands(view, height) + marks(step, view, height),
    rows: [
      markRow(step, view, whole),
      axisRow(view, step.fromMs, 'seconds of this step'),
      ...bodyRows(material, view, step.fromMs),
      ...withRule(waitRows(material.waits, view, material.naming)),
    ],
  });
}

function bodyRows(material: Material, view: View, zeroMs: number, isBrief = false): readonly Row[] {
  const { lanes, strengths, recording, naming } = material;
  const actions = recording.actions.filter(({ refusal }) => refusal === null || !isBrief);
  const hasVoters = strengths.some(({ fromMs, toMs }) => isWithin(view, fromMs, toMs));
  const hasWrites = recording.writes.some(([atMs]) => atMs >= view.fromMs && atMs < view.toMs);
  return [
    ...laneRows(lanes, view, isBrief),
    ...(hasVoters ? [ruleRow(), strengthRow(strengths, view)] : []),
    ...(hasWrites ? [ruleRow(), writesRow(recording.writes, view)] : []),
    ruleRow(),
    actionsRow(actions, view, zeroMs, naming),
    spaceRow(2),
  ];
}

const withRule = (rows: readonly Row[]): readonly Row[] =>
  rows.length === 0 ? [] : [ruleRow(), ...rows, spaceRow(6)];

function marks({ wholeMs, deeds }: StepRecord, view: View, height: number): string {
  const whole =
    wholeMs === null ? '' : `<path class="whole" d="M${px(xOf(view, wholeMs))} 14V${px(height)}"/>`;
  const lines = deeds.map(({ atMs }) => `<path class="deed" d="M${px(xOf(view, atMs))} 36V${px(height)}"/>`);
  return `${lines.join('')}${whole}`;
}

const markRow = ({ wholeMs }: StepRecord, view: View, words: string): Row => ({
  height: 16,
  draw: (y) => {
    if (wholeMs === null) return svgText(LEFT, y + 11, words, { kind: 'gap-text' });
    return svgText(xOf(view, wholeMs) - 4, y + 11, words, { kind: 'whole-text', anchor: 'end' });
  },
});

/** A sample of each kind of bar with its meaning. */
export function legend(): string {
  const states = (Object.keys(STATES) as LaneState[]).map((state) => {
    const [label, meaning] = STATES[state];
    const box = { x: 0, y: 2, width: 76, height: 16 };
    return item(`${svgBox(box, `bar ${state}`)}${svgText(6, 14, label, { kind: `on ${state}` })}`, meaning);
  });
  const holds = (Object.keys(HOLDS) as Hold[]).map((hold) => {
    const [label, meaning] = HOLDS[hold];
    return item(svgBox({ x: 0, y: 7, width: 76, height: 6 }, `hook ${hold}`), `${label}: ${meaning}`);
  });
  const gap = item(svgBox({ x: 0, y: 2, width: 76, height: 16 }, 'gap'), 'no write was acknowledged');
  const fold = item(
    svgBox({ x: 0, y: 2, width: 76, height: 16 }, 'fold'),
    'time runs faster: nothing changed',
  );
  const signs = `<p class="soft signs">What the autopilot does, with the letter of the instance: ${signsText()}. Strokes below are its bookkeeping.</p>`;
  return `<ul class="legend">${[...states, ...holds, gap, fold].join('\n')}</ul>${signs}`;
}

const item = (svg: string, words: string): string =>
  `<li><svg viewBox="0 0 78 20" aria-hidden="true">${svg}</svg><span>${escapeText(words)}</span></li>`;
