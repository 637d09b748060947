import { gutterText, isWithin, type Row, type View, WIDTH, xOf } from './chart.ts';
import type { ActionRecord, StepRecord } from './recording.ts';
import { escapeText, packRows, px, secondsText, svgBox, svgText, widthOf } from './svg.ts';
import type { WaitSpan } from './waits.ts';
import { actionText, isChange, type Naming, signOf, subjectOf } from './words.ts';

const CAPTION_HEIGHT = 19;

/** Number and name of every step above its band, in as many rows as they need. */
export function captionsRow(steps: readonly StepRecord[], view: View): Row {
  const captions = steps.map(({ name, fromMs }, index) => {
    const width = name.length * 6.9 + 32; // bold, and wider than the small texts
    const begin = xOf(view, fromMs);
    const x = Math.min(begin, WIDTH - width);
    return { index, name, begin, x, width };
  });
  const rows = packRows(captions);
  const count = Math.max(0, ...rows) + 1;
  return {
    height: count * CAPTION_HEIGHT + 4,
    draw: (y) =>
      captions
        .map(({ index, name, begin, x }, at) => {
          const top = y + (rows[at] ?? 0) * CAPTION_HEIGHT;
          const stem = `M${px(begin + 0.5)} ${px(top + 2)}V${px(y + count * CAPTION_HEIGHT + 4)}`;
          return [
            `<path class="stem" d="${stem}"/>`,
            svgBox({ x: x + 3, y: top + 2, width: 17, height: 14 }, 'number'),
            svgText(x + 11.5, top + 13, String(index + 1), { kind: 'number-text', anchor: 'middle' }),
            svgText(x + 25, top + 13, name, { kind: 'caption' }),
          ].join('');
        })
        .join(''),
  };
}

const SIGN_HEIGHT = 16;

/** What the autopilot did to the cluster as signs, its bookkeeping as small strokes below them. */
export function actionsRow(
  actions: readonly ActionRecord[],
  view: View,
  zeroMs: number,
  naming: Naming,
): Row {
  const shown = actions.filter(({ atMs }) => atMs >= view.fromMs && atMs < view.toMs);
  const changes = shown.filter((action) => isChange(action));
  const signs = changes.map((action) => {
    const text = `${signOf(action)}${subjectOf(action, naming)}`;
    const width = text.length * 8 + 8;
    return { action, text, width, x: xOf(view, action.atMs) - width / 2 };
  });
  const rows = packRows(signs);
  const signsHeight = (Math.max(0, ...rows) + 1) * SIGN_HEIGHT;
  return {
    height: signsHeight + 16,
    draw: (y) => {
      const drawn = signs.map(({ action, text, x, width }, at) => {
        const box = { x, y: y + (rows[at] ?? 0) * SIGN_HEIGHT + 1, width, height: 14 };
        const kind = action.refusal === null ? 'sign' : 'sign refused';
        return `<g><title>${escapeText(tipOf(action, zeroMs, naming))}</title>${svgBox(box, kind)}${svgText(x + width / 2, box.y + 11, text, { kind: 'sign-text', anchor: 'middle' })}</g>`;
      });
      const strokes = shown.map((action) => {
        const at = `M${px(xOf(view, action.atMs))} ${px(y + signsHeight + 2)}v7`;
        return `<path class="stroke" d="${at}"><title>${escapeText(tipOf(action, zeroMs, naming))}</title></path>`;
      });
      return `${gutterText(y + 12, 'the autopilot acts')}${strokes.join('')}${drawn.join('')}`;
    },
  };
}

const tipOf = (action: ActionRecord, zeroMs: number, naming: Naming): string =>
  `${secondsText(action.atMs - zeroMs)} s: ${actionText(action, naming)}`;

const WAIT_HEIGHT = 17;

/** One bar for each wait, with the number under which its reason stands below the picture. */
export function waitRows(waits: readonly WaitSpan[], view: View, naming: Naming): readonly Row[] {
  return waits
    .filter(({ fromMs, toMs }) => isWithin(view, fromMs, toMs))
    .map((wait, index) => ({
      height: WAIT_HEIGHT,
      draw: (y) => {
        const x = xOf(view, wait.fromMs);
        const width = Math.max(xOf(view, wait.toMs) - x, 3);
        const words = `${index + 1}  ${waitLabel(wait, naming)}`;
        const tip = naming(wait.text ?? waitLabel(wait, naming));
        const bar = svgBox({ x, y: y + 2, width, height: 13 }, 'wait', tip);
        const isRight = x + width + widthOf(words) + 8 < WIDTH;
        const text = isRight
          ? svgText(x + width + 5, y + 12, words, { kind: 'tiny' })
          : svgText(x - 5, y + 12, words, { kind: 'tiny', anchor: 'end' });
        return `${index === 0 ? gutterText(y + 12, 'the autopilot waits') : ''}${bar}${text}`;
      },
    }));
}

/** The kind as the runbook and the logs name it, and what it is about. */
export function waitLabel({ kind, subject }: WaitSpan, naming: Naming): string {
  return subject === null ? kind : `${kind} (${naming(subject).replaceAll(',', ', ')})`;
}
