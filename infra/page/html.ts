import type { AnsweredMember } from '../../functions/membership/answer-members.ts';
import { isTrouble } from '../cli/checks/answer.ts';
import { countsText } from '../cli/checks/finding-text.ts';
import { HEALTH_WORDS } from '../cli/status-text.ts';
import { escapeText } from '../demo/svg.ts';
import { historyFigure } from './history.ts';
import { cameOf, type PageMaterial } from './material.ts';
import { membersSection } from './members.ts';
import { backupsSection, findingsSection, missingText, waitsSection } from './sections.ts';
import { PATTERNS, STYLE } from './style.ts';
import { ageText, sizeText, timeText } from './words.ts';

/** Whatever a text holds: a browser loads nothing, and runs nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The state of a cluster as one page that needs nothing else: no script, no font, no network. */
export function statusPage(material: PageMaterial): string {
  const body = [
    header(material),
    findingsSection(material),
    membersSection(material),
    waitsSection(material),
    backupsSection(material),
    historySection(material),
    ending(material),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeText(`${material.cluster}: ${verdictOf(material).words}`)}</title>
<style>${STYLE}</style>
</head>
<body>
${PATTERNS}
<main>
${body.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;
}

interface Verdict {
  readonly kind: '' | 'warned' | 'failed';
  readonly sign: string;
  readonly words: string;
}

/** What was not asked is not well. */
function verdictOf(material: PageMaterial): Verdict {
  const [status, doctor] = [cameOf(material.status), cameOf(material.doctor)];
  const words = status === null ? 'unknown' : (HEALTH_WORDS[status.health] ?? status.health);
  const found = doctor?.findings ?? [];
  const isBad = status === null || !CALM.includes(status.health);
  if (isBad || found.some(({ severity }) => severity === 'critical')) {
    return { kind: 'failed', sign: '✕', words };
  }
  const isDoubtful = doctor === null || status.health !== 'healthy' || found.some(isTrouble);
  return isDoubtful ? { kind: 'warned', sign: '!', words } : { kind: '', sign: '✓', words };
}

/** Of these alone nobody has to be woken. */
const CALM: readonly string[] = ['healthy', 'degraded', 'forming', 'deleting'];

function header(material: PageMaterial): string {
  const { cluster, at } = material;
  const { kind, sign, words } = verdictOf(material);
  const doctor = cameOf(material.doctor);
  const found = doctor === null ? 'its checks could not be made' : countsText(doctor.findings);
  const figures = figuresOf(material).map(
    ([name, value]) => `<div><dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd></div>`,
  );
  return [
    `<h1>etcd cluster ${escapeText(cluster)}</h1>`,
    `<p class="soft">As etcd-autopilot saw it at ${escapeText(timeText(at))}${escapeText(leaderText(material))}.</p>`,
    `<div class="verdict${kind === '' ? '' : ` ${kind}`}"><strong>${sign} ${escapeText(capital(words))}.</strong> ${escapeText(capital(found))}.</div>`,
    `<dl class="figures">${figures.join('')}</dl>`,
  ].join('\n');
}

function leaderText({ status }: PageMaterial): string {
  const leader = cameOf(status)?.leader ?? null;
  return leader === null ? '; no leader was seen' : `; its leader was ${leader}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function figuresOf(material: PageMaterial): readonly (readonly [string, string])[] {
  const [status, doctor] = [cameOf(material.status), cameOf(material.doctor)];
  const { at } = material;
  const voters = status?.members.filter(({ role }) => role === 'voter') ?? [];
  const answering = voters.filter(({ answers }) => answers).length;
  const backup = doctor?.backup ?? null;
  const age = (time: string | null): string => ageText(time, at) ?? 'none';
  return [
    ['voters that answer', voters.length === 0 ? 'unknown' : `${answering} of ${voters.length}`],
    ['wanted', status?.group?.desiredCapacity.toString() ?? 'unknown'],
    ['largest database', largestText(status?.members ?? [])],
    ['gates', status?.tolerates?.holds === true ? 'open' : 'shut'],
    ...(backup === null
      ? []
      : ([
          ['newest backup', age(backup.last?.at ?? null)],
          ['newest restored to prove it', age(backup.restorable?.at ?? null)],
        ] as const)),
  ];
}

function largestText(members: readonly AnsweredMember[]): string {
  // Functions of an earlier version tell no sizes.
  const sizes = members.flatMap(({ dbSizeBytes }) => (typeof dbSizeBytes === 'number' ? [dbSizeBytes] : []));
  return sizes.length === 0 ? 'unknown' : sizeText(Math.max(...sizes));
}

function historySection(material: PageMaterial): string {
  const doctor = cameOf(material.doctor);
  const figure = historyFigure(doctor?.samples ?? []);
  const body =
    doctor === null
      ? missingText(material.doctor)
      : figure || '<p class="soft">Too little was seen yet to draw it: one look a minute is kept.</p>';
  const drawn =
    figure === ''
      ? body
      : `<figure class="scroll" tabindex="0" aria-label="Writes a minute">${body}</figure><p class="soft">From the revisions that the looks of the schedule saw; times are UTC. Hatched: no look came, or no voter answered it.</p>`;
  return `<h2>Writes a minute</h2>\n${drawn}`;
}

const ending = ({ command, at }: PageMaterial): string =>
  `<footer class="soft"><p>Made by <code>${escapeText(command)}</code> at ${escapeText(timeText(at))}. It needs nothing else: no script, no network. What to do about each finding and wait: docs/runbook.md.</p></footer>`;
