import type { AnsweredInstance, AnsweredMember } from '../../functions/membership/answer-members.ts';
import { roleOf, STAGES } from '../cli/status-text.ts';
import { escapeText } from '../demo/svg.ts';
import { cameOf, type PageMaterial } from './material.ts';
import { missingText } from './sections.ts';
import { sizeText, timeText } from './words.ts';

const HEADING = ['instance', 'role', 'answers', 'zone', 'version', 'behind by', 'database', 'client url'];
const FIGURES: readonly number[] = [5, 6];

export function membersSection({ status }: PageMaterial): string {
  const sight = cameOf(status);
  if (sight === null) return `<h2>Members</h2>\n${missingText(status)}`;
  const { members, instances, lastKnown } = sight;
  const others = instances.filter(({ memberId }) => memberId === null);
  const zones = new Map(instances.map(({ id, zone }) => [id, zone]));
  const rows = [
    ...members.map((member) => memberRow(member, zones.get(member.instanceId ?? '') ?? '–')),
    ...others.map((instance) => otherRow(instance, members.length > 0)),
  ];
  const known =
    lastKnown === null
      ? ''
      : `<p class="bad"><strong>No voter answers now.</strong> Voters at ${escapeText(timeText(lastKnown.at))}: ${escapeText(lastKnown.voters.map(({ name }) => name).join(', ') || 'none')}.</p>`;
  const table =
    rows.length === 0
      ? '<p>No instance and no member is known.</p>'
      : `<div class="scroll" tabindex="0" aria-label="Members"><table>
<thead>${row('th', HEADING)}</thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
  return `<h2>Members</h2>\n${known}${table}`;
}

function memberRow(member: AnsweredMember, zone: string): string {
  return row('td', [
    member.instanceId ?? `${member.name || 'nameless'} (foreign)`,
    roleOf(member),
    member.answers ? '✓ yes' : '✕ no',
    zone,
    member.version ?? '–',
    member.lag ?? '–',
    // Functions of an earlier version do not tell it.
    typeof member.dbSizeBytes === 'number' ? sizeText(member.dbSizeBytes) : '–',
    member.clientUrl ?? '–',
  ]);
}

const otherRow = ({ id, zone, address, stage }: AnsweredInstance, isKnown: boolean): string =>
  row('td', [
    id,
    isKnown ? `no member, ${STAGES[stage] ?? stage}` : 'unknown',
    '–',
    zone,
    '–',
    '–',
    '–',
    address ?? '–',
  ]);

function row(tag: 'td' | 'th', cells: readonly string[]): string {
  const told = cells.map((cell, column) => {
    const kind = FIGURES.includes(column) ? ' class="figure"' : cell.startsWith('✕') ? ' class="bad"' : '';
    return `<${tag}${kind}>${escapeText(cell)}</${tag}>`;
  });
  return `<tr>${told.join('')}</tr>`;
}
