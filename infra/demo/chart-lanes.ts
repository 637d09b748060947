import { isWithin, LEFT, type Row, type View, xOf } from './chart.ts';
import type { Hold, Lane, LaneState, Span } from './lanes.ts';
import { durationText, fits, px, svgBox, svgText } from './svg.ts';

/** What a state is called on the bar, and what it means. */
export const STATES: Readonly<Record<LaneState, readonly [label: string, meaning: string]>> = {
  booting: ['booting', 'the machine boots'],
  waiting: ['waits', 'etcd is not started: the machine waits for its ticket'],
  starting: ['starting', 'it has its ticket, and etcd has not answered yet'],
  learner: ['learner', 'added as a learner: it copies the data and does not count'],
  voter: ['voter', 'it votes'],
  leader: ['★ leader', 'it votes and leads'],
  silent: ['silent', 'a voter whose machine runs and whose etcd does not answer, or sees no leader'],
  dead: ['dead', 'the machine is gone, and it is still on the member list'],
  out: ['out', 'it has left the cluster, and its machine goes'],
};

export const HOLDS: Readonly<Record<Hold, readonly [label: string, meaning: string]>> = {
  launch: ['launch hook', 'Auto Scaling waits for the autopilot before it puts the instance into service'],
  terminate: ['terminate hook', 'Auto Scaling waits for the autopilot before it ends the instance'],
};

const LANE_HEIGHT = 29;
const BAR = { top: 3, height: 15 };
const HOOK = { top: 20, height: 5 };

/** One row for each instance that was there in the view. */
export function laneRows(lanes: readonly Lane[], view: View, isBrief = false): readonly Row[] {
  return lanes
    .filter((lane) => isWithin(view, lane.fromMs, lane.toMs))
    .map((lane) => ({
      height: LANE_HEIGHT,
      draw: (y) =>
        [
          `<g class="lane" data-instance="${lane.id}">`,
          gutterOf(lane, y),
          `<path class="rule" d="M${LEFT} ${px(y + BAR.top + BAR.height / 2)}H${px(xOf(view, view.toMs))}"/>`,
          ...inView(lane.states, view).map((span) => stateBar(lane, span, view, y)),
          ...inView(lane.holds, view).map((span) => hookBar(lane, span, view, y, isBrief)),
          endOf(lane, view, y),
          '</g>',
        ].join(''),
    }));
}

const inView = <Kind>(spans: readonly Span<Kind>[], view: View): readonly Span<Kind>[] =>
  spans.filter(({ fromMs, toMs }) => isWithin(view, fromMs, toMs));

function gutterOf({ letter, id, address, zone }: Lane, y: number): string {
  return [
    svgBox({ x: 6, y: y + 5, width: 22, height: 18 }, 'badge'),
    svgText(17, y + 18, letter, { kind: 'badge-text', anchor: 'middle' }),
    svgText(36, y + 12, id, { kind: 'mono' }),
    svgText(36, y + 24, `${address} · ${zone}`, { kind: 'small' }),
  ].join('');
}

function stateBar(lane: Lane, span: Span<LaneState>, view: View, y: number): string {
  const [label, meaning] = STATES[span.kind];
  const x = xOf(view, span.fromMs);
  const width = Math.max(xOf(view, span.toMs) - x, 1.5);
  const tip = `${lane.letter} (${lane.id}): ${meaning}, for ${durationText(span.toMs - span.fromMs)}`;
  const bar = svgBox({ x, y: y + BAR.top, width, height: BAR.height }, `bar ${span.kind}`, tip);
  const withLetter = `${lane.letter} ${label}`;
  const text =
    [withLetter, label, label.startsWith('★') ? '★' : ''].find((words) => fits(words, width)) ?? '';
  if (text === '') return bar;
  return `${bar}${svgText(x + 5, y + BAR.top + 11.5, text, { kind: `on ${span.kind}` })}`;
}

function hookBar(lane: Lane, span: Span<Hold>, view: View, y: number, isBrief: boolean): string {
  const [label, meaning] = HOLDS[span.kind];
  const x = xOf(view, span.fromMs);
  const width = Math.max(xOf(view, span.toMs) - x, 1.5);
  const tip = `${lane.letter}: held in its ${label} for ${durationText(span.toMs - span.fromMs)}. ${meaning}`;
  const bar = svgBox({ x, y: y + HOOK.top, width, height: HOOK.height }, `hook ${span.kind}`, tip);
  const words = `held in its ${label}`;
  const hasRoom = !isBrief && fits(words, xOf(view, view.toMs) - x - width) && width > 14;
  return hasRoom ? `${bar}${svgText(x + width + 4, y + HOOK.top + 6.5, words, { kind: 'tiny' })}` : bar;
}

function endOf(lane: Lane, view: View, y: number): string {
  const x = xOf(view, lane.toMs);
  if (!lane.ended || lane.toMs >= view.toMs) return '';
  const end = `<path class="end" d="M${px(x)} ${y + 1}v19"/>`;
  return fits('gone', xOf(view, view.toMs) - x)
    ? `${end}${svgText(x + 4, y + 14, 'gone', { kind: 'tiny' })}`
    : end;
}
