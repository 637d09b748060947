import { isWithin } from './chart.ts';
import { waitLabel } from './chart-events.ts';
import { limitsText } from './judge.ts';
import type { Recording, StepRecord } from './recording.ts';
import { legend, type Material, materialOf, overview, stepFigure } from './report-figures.ts';
import { PATTERNS, STYLE } from './report-style.ts';
import { durationText, escapeText, secondsText } from './svg.ts';
import { actionText, hintOf, isChange } from './words.ts';
import { figuresOf } from './writes.ts';

/** The report of a run as one page that needs nothing else: no script, no font, no network. */
export function reportHtml(recording: Recording): string {
  const material = materialOf(recording);
  const body = [
    header(material),
    stepsTable(recording),
    '<h2>The whole run</h2>',
    `<p>One lane for each instance, from its launch to its end. Letters stand for instances everywhere on this page.
      The upper bar of a lane tells what the instance is to etcd, the thin one below it whether Auto Scaling holds it in a hook.</p>`,
    figure(overview(material), 'The whole run'),
    legend(),
    '<h2>Step by step</h2>',
    ...recording.steps.map((step, index) => stepSection(material, step, index)),
    ending(recording),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>etcd-autopilot: ${escapeText(verdictWord(recording))}</title>
<style>${STYLE}</style>
</head>
<body>
${PATTERNS}
<main>
${body.join('\n')}
</main>
</body>
</html>
`;
}

const problemsOf = ({ steps, error }: Recording): readonly string[] => [
  ...steps.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`)),
  ...(error === null ? [] : [`the run broke off: ${error}`]),
];

const verdictWord = (recording: Recording): string =>
  problemsOf(recording).length === 0 ? 'the demo passed' : 'the demo failed';

function header(material: Material): string {
  const { recording, lanes, naming } = material;
  const { acked, medianMs, p99Ms, longestGapMs } = figuresOf(recording.writes);
  const lost = recording.steps.reduce((sum, { lostWrites }) => sum + lostWrites, 0);
  const figures: readonly (readonly [string, string])[] = [
    ['acknowledged writes', thousands(acked)],
    ['of them lost', thousands(lost)],
    ['longest gap', durationText(longestGapMs)],
    ['write: median, 99 %', `${medianMs.toFixed(1)}, ${p99Ms.toFixed(0)} ms`],
    [
      'changes to the cluster',
      String(recording.actions.filter((one) => isChange(one) && one.refusal === null).length),
    ],
    ['instances seen', String(lanes.length)],
  ];
  const problems = problemsOf(recording).map((problem) => `<li>${escapeText(naming(problem))}</li>`);
  const when = recording.startedAt.replace('T', ' ').slice(0, 19);
  return [
    '<h1>An etcd cluster on an Auto Scaling group, kept by etcd-autopilot</h1>',
    `<p class="soft">A run of <code>${escapeText(recording.command)}</code> on ${when} UTC, ${durationText(recording.endMs)} long. The platform was a local region; the functions, templates, boot script and etcd ${escapeText(recording.setting.etcd)} were real.</p>`,
    `<div class="verdict${problems.length === 0 ? '' : ' failed'}">${verdict(recording, acked, lost)}${problems.length === 0 ? '' : `<ul>${problems.join('')}</ul>`}</div>`,
    `<dl class="figures">${figures.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`,
  ].join('\n');
}

function verdict({ steps, error }: Recording, acked: number, lost: number): string {
  const failed = steps.filter(({ problems }) => problems.length > 0).length;
  if (failed === 0 && error === null)
    return `<strong>✓ Passed.</strong> All ${steps.length} steps converged within their limits, and none of ${thousands(acked)} acknowledged writes was lost.`;
  const losses =
    lost === 0 ? 'no acknowledged write was lost' : `${thousands(lost)} acknowledged writes were lost`;
  return `<strong>✕ Failed.</strong> ${failed} of ${steps.length} steps did not pass; ${losses}.`;
}

function stepsTable({ steps }: Recording): string {
  const rows = steps.map((step, index) => {
    const { name, wholeMs, fromMs, longestGapMs, ackedWrites, lostWrites, problems } = step;
    const cells = [
      String(index + 1),
      `<a href="#part-${index + 1}">${escapeText(name)}</a>`,
      wholeMs === null ? '<span class="bad">did not converge</span>' : secondsText(wholeMs - fromMs),
      longestGapMs === null ? '–' : thousands(longestGapMs),
      thousands(ackedWrites),
      lostWrites === 0 ? '0' : `<strong class="bad">${thousands(lostWrites)}</strong>`,
      problems.length === 0 ? '✓ passed' : '<strong class="bad">✕ failed</strong>',
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  return `<div class="scroll"><table>
<thead><tr><th>#</th><th>step</th><th>seconds to full strength</th><th>longest gap (ms)</th><th>acknowledged writes</th><th>lost</th><th>result</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** Wider than a narrow window: it is scrolled there, also with the keyboard. */
const figure = (svg: string, label: string): string =>
  `<figure class="scroll" tabindex="0" aria-label="${escapeText(label)}">${svg}</figure>`;

function stepSection(material: Material, step: StepRecord, index: number): string {
  const { naming } = material;
  const deeds = step.deeds.map(({ atMs, text }) => line(atMs - step.fromMs, naming(text)));
  return `<section class="step" id="part-${index + 1}">
<h3><span class="nr">${index + 1}</span>${escapeText(step.name)}</h3>
<p>${escapeText(step.about)}</p>
<p class="soft held">Held to: ${escapeText(limitsText(step.limits))}.</p>
${step.problems.map((problem) => `<p class="bad"><strong>✕ ${escapeText(naming(problem))}</strong></p>`).join('')}
${figure(stepFigure(material, step, index), `Step ${index + 1}`)}
<div class="columns">
<div>${list('What the demo did', deeds)}${list('What the autopilot waited for, and why', waitLines(material, step))}</div>
<div>${list('What the autopilot did', actionLines(material, step))}${hint(material, step)}</div>
</div>
</section>`;
}

function hint({ recording }: Material, { fromMs, toMs }: StepRecord): string {
  const words = hintOf(recording.actions.filter(({ atMs }) => atMs >= fromMs && atMs < toMs));
  return words === '' ? '' : `<p class="soft hint">${escapeText(words)}</p>`;
}

const line = (ms: number, words: string, kind = ''): string =>
  `<li${kind === '' ? '' : ` class="${kind}"`}><span>${secondsText(ms)} s</span><span>${escapeText(words)}</span></li>`;

const list = (heading: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `<h4>${heading}</h4><ul>${lines.join('\n')}</ul>`;

function waitLines({ waits, naming }: Material, { fromMs, toMs }: StepRecord): readonly string[] {
  return waits
    .filter((wait) => isWithin({ fromMs, toMs }, wait.fromMs, wait.toMs))
    .map((wait, index) => {
      const words = naming(wait.text ?? '').replace(/^cluster \S+?:? /, '');
      const label = waitLabel(wait, naming);
      const time = `${secondsText(wait.fromMs - fromMs)}–${secondsText(wait.toMs - fromMs)} s`;
      const text = `${label}: ${words || 'over before it could be asked why'}`;
      return `<li class="wide"><span>${time}</span><span><b>${index + 1}</b> ${escapeText(text)}</span></li>`;
    });
}

interface ToldAction {
  readonly atMs: number;
  readonly isChange: boolean;
  /** What was done, and how often in a row. */
  readonly deeds: Map<string, number>;
}

/** Changes stand alone; bookkeeping between them is told in one breath. */
function actionLines({ recording, naming }: Material, { fromMs, toMs }: StepRecord): readonly string[] {
  const told: ToldAction[] = [];
  for (const action of recording.actions) {
    if (action.atMs < fromMs || action.atMs >= toMs) continue;
    const text = actionText(action, naming);
    const last = told.at(-1);
    const joins = last !== undefined && !last.isChange && !isChange(action);
    if (joins) last.deeds.set(text, (last.deeds.get(text) ?? 0) + 1);
    else told.push({ atMs: action.atMs - fromMs, isChange: isChange(action), deeds: new Map([[text, 1]]) });
  }
  return told.map((one) => {
    const words = [...one.deeds].map(([text, count]) => (count === 1 ? text : `${text} (${count} times)`));
    return line(one.atMs, words.join('; '), one.isChange ? '' : 'book');
  });
}

function ending({ setting, command }: Recording): string {
  const facts = setting.facts.map(
    ([name, value]) => `<dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd>`,
  );
  return `<h2>How this was measured</h2>
<p>One writer put a unique key every 20 ms, each with 250 ms to be acknowledged, and went to the next endpoint of the published list after a failure.
  A gap is the time between two acknowledgements. At the end every acknowledged key was read back by a linearizable read; one that was missing or differed counts as lost.</p>
<p>Instances, member list, and the status of every etcd by itself were looked at twice a second and on every change, so a bar may begin up to half a second late;
  what the autopilot did is from its own log, to the millisecond. Its waits are those of the parameter <code>status</code>, in the words of <code>etcd-autopilot status</code>.</p>
<dl class="setting">${facts.join('')}</dl>
<h2>See it yourself</h2>
<p><code>${escapeText(command)}</code> in a checkout of the project, on Linux with Node and Python; no AWS account is needed.</p>`;
}

const thousands = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
