import { section, tableText } from '../table.ts';
import { type Change, isReplacing, sortedChanges } from './change-set.ts';

/** A change set for people: every resource, and below it every replacement with what it means. */
export function changesText(stack: string, changes: readonly Change[]): string {
  const sorted = sortedChanges(changes);
  const rows = sorted.map((change) => [wordOf(change), change.logicalId, change.type, causesOf(change)]);
  return [
    `stack ${stack}: ${sorted.length === 0 ? 'no resource changes, only outputs' : countText(sorted.length, 'change')}\n`,
    rows.length === 0 ? '' : `\n${tableText([['what', 'resource', 'type', 'because of'], ...rows])}`,
    section('replaced', sorted.filter(isReplacing).map(replacementLine)),
    section('gone afterwards', sorted.filter(({ action }) => action === 'remove').map(removalLine)),
  ].join('');
}

/** One line for each replacement, also a possible one: what, why, and what becomes of the old one. */
export const replacementLines = (changes: readonly Change[]): readonly string[] =>
  sortedChanges(changes).filter(isReplacing).map(replacementLine);

export const countText = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function wordOf({ action, replacement }: Change): string {
  if (replacement === 'yes') return 'REPLACE';
  if (replacement === 'maybe') return 'MAY REPLACE';
  return action === 'unknown' ? 'UNKNOWN' : action;
}

/** The names of what changes, those that replace first. */
function causesOf({ action, because }: Change): string {
  if (action === 'add' || action === 'remove') return '';
  return namesOf(because.map(({ name }) => name)) || '-';
}

function replacementLine(change: Change): string {
  const { logicalId, replacement, because } = change;
  const causes = namesOf(because.filter(({ replaces }) => replaces !== 'no').map(({ name }) => name));
  const why = causes === '' ? '' : ` because of ${causes}`;
  const what = replacement === 'yes' ? 'is replaced' : 'may be replaced';
  return `${logicalId}${idText(change)} ${what}${why}: ${oldText(change)}${meaningOf(change)}`;
}

function removalLine(change: Change): string {
  return `${change.logicalId}${idText(change)}: ${REMOVED[change.old]}`;
}

const idText = ({ physicalId }: Change): string => (physicalId === null ? '' : ` (${physicalId})`);

const REMOVED: Readonly<Record<Change['old'], string>> = {
  deleted: 'deleted',
  kept: 'leaves the stack, and is kept',
  snapshot: 'deleted, after a snapshot',
};

function oldText({ old, replacement }: Change): string {
  const then = replacement === 'yes' ? '' : ' then';
  if (old === 'kept') return `the old one${then} stays, outside the stack`;
  if (old === 'snapshot') return `the old one is${then} deleted after a snapshot`;
  return `the old one is${then} deleted`;
}

/** What the replacement of this type means for a cluster or its workers. */
const MEANINGS: Readonly<Record<string, string>> = {
  'AWS::AutoScaling::AutoScalingGroup': '; a new group launches all its instances anew',
  'AWS::EC2::SecurityGroup': '; what names the old one outside these stacks loses its way',
  'Custom::EtcdCluster': '; the cluster is registered anew',
};

const meaningOf = ({ type }: Change): string => MEANINGS[type] ?? '';

const namesOf = (names: readonly string[]): string => [...new Set(names)].join(', ');
