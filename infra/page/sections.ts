import type { ShownFinding } from '../cli/checks/answer.ts';
import { repairText } from '../cli/checks/finding-text.ts';
import type { ListedSnapshot } from '../cli/checks/snapshots.ts';
import { toldLine } from '../cli/table.ts';
import { escapeText } from '../demo/svg.ts';
import { type Asked, cameOf, type PageMaterial } from './material.ts';
import { ageText, sizeText, thousands, timeText } from './words.ts';

/** In words on the page: what is not there must not look like nothing found. */
export const missingText = (asked: Asked<unknown>): string =>
  asked.missing === undefined
    ? ''
    : `<p class="bad"><strong>Not known:</strong> ${escapeText(asked.missing)}</p>`;

export function findingsSection({ doctor, at }: PageMaterial): string {
  const sight = cameOf(doctor);
  const body =
    sight === null
      ? missingText(doctor)
      : sight.findings.map((finding) => findingPart(finding, at)).join('\n') || '<p>Nothing was found.</p>';
  return `<h2>Findings</h2>\n${body}`;
}

function findingPart(finding: ShownFinding, at: string): string {
  const { code, severity, subject, text, remedy, since, repair } = finding;
  const age = ageText(since, at);
  const when = since === null ? '' : `since ${timeText(since)}${age === null ? '' : ` (${age})`}, `;
  return `<section class="finding ${severity}">
<h3><span class="severity">${severity}</span>${escapeText(code)} <span class="subject">${escapeText(subject)}</span></h3>
<p>${escapeText(text)}</p>
${remedy === '' ? '' : `<p><strong>What to do:</strong> ${escapeText(remedy)}</p>`}
${evidencePart(finding)}
<p class="soft">${escapeText(`${when}${repairText(repair)}`)}</p>
</section>`;
}

function evidencePart({ evidence }: ShownFinding): string {
  const facts = Object.entries(evidence).map(([name, value]) => `${name} ${value}`);
  return facts.length === 0 ? '' : `<p class="evidence">${escapeText(facts.join(', '))}</p>`;
}

export function waitsSection({ status, cluster }: PageMaterial): string {
  const sight = cameOf(status);
  if (sight === null) return '';
  const hooks = sight.hooks.map(
    ({ instanceId, transition, ageSeconds }) =>
      `${instanceId} waits in its ${transition} hook${ageSeconds === null ? '' : ` for ${ageSeconds} s`}`,
  );
  const lines = [...sight.waits.map((wait) => toldLine(cluster, wait)), ...hooks];
  if (lines.length === 0) return '';
  return `<h2>What is waited for</h2>\n<ul class="waits">${lines.map((line) => `<li>${escapeText(line)}</li>`).join('\n')}</ul>`;
}

const SNAPSHOTS_SHOWN = 20;

export function backupsSection(material: PageMaterial): string {
  const { snapshots, doctor, at } = material;
  const backup = cameOf(doctor)?.backup ?? null;
  const failure = backup?.lastFailure ?? null;
  const parts = [
    failure === null
      ? ''
      : `<p class="bad"><strong>The last one failed</strong> at ${escapeText(timeText(failure.at))}: ${escapeText(failure.text)}</p>`,
    backup?.unverifiable === true
      ? '<p>Snapshots are not restored to prove them: no tools of etcd are deployed for that (docs/backups.md).</p>'
      : '',
    snapshotsPart(snapshots, at),
  ];
  return `<h2>Backups</h2>\n${parts.filter((part) => part !== '').join('\n')}`;
}

function snapshotsPart(snapshots: Asked<readonly ListedSnapshot[]>, at: string): string {
  const listed = cameOf(snapshots);
  if (listed === null) return missingText(snapshots);
  if (listed.length === 0) return '<p>No snapshot was taken yet.</p>';
  const rows = listed.slice(0, SNAPSHOTS_SHOWN).map((one) => snapshotRow(one, at));
  const more = listed.length - rows.length;
  return `<div class="scroll" tabindex="0" aria-label="Snapshots"><table>
<thead><tr><th>taken</th><th>age</th><th>state</th><th class="figure">revision</th><th class="figure">size</th><th>object</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>${more > 0 ? `<p class="soft">And ${more} older ones.</p>` : ''}`;
}

const STATES: Readonly<Record<string, string>> = {
  restorable: '✓ restored to prove it',
  intact: 'came whole',
  notRestorable: '✕ cannot be restored',
};

function snapshotRow(snapshot: ListedSnapshot, at: string): string {
  const { key, takenAt, revision, sizeBytes, state, reason } = snapshot;
  const told = `${STATES[state] ?? state}${reason === '' ? '' : `: ${reason}`}`;
  const cells = [
    `<td>${escapeText(timeText(takenAt))}</td>`,
    `<td>${escapeText(ageText(takenAt, at) ?? '–')}</td>`,
    `<td${state === 'notRestorable' ? ' class="bad"' : ''}>${escapeText(told)}</td>`,
    `<td class="figure">${escapeText(thousands(revision))}</td>`,
    `<td class="figure">${sizeBytes === null ? '–' : sizeText(sizeBytes)}</td>`,
    `<td><code>${escapeText(key)}</code></td>`,
  ];
  return `<tr>${cells.join('')}</tr>`;
}
