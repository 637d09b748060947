import { type DoctorSight, isTrouble, SEVERITIES, type ShownFinding } from './answer.ts';

/** One round of all checks, for people. */
export function doctorText(sight: DoctorSight): string {
  const { cluster, at, findings } = sight;
  const head = `${cluster}: ${countsText(findings)}\n${at === null ? '' : `  looked at ${at}\n`}`;
  return head + findings.map(findingText).join('');
}

/** `nothing found`, or how many of each severity. */
export function countsText(findings: readonly ShownFinding[]): string {
  if (findings.length === 0) return 'nothing found';
  const counts = SEVERITIES.map((severity) => countText(findings, severity)).filter((text) => text !== '');
  return findings.some(isTrouble) ? `found ${counts.join(', ')}` : `nothing is wrong, ${counts.join(', ')}`;
}

function countText(findings: readonly ShownFinding[], severity: string): string {
  const count = findings.filter((one) => one.severity === severity).length;
  if (count === 0) return '';
  const isOne = count === 1 || severity === 'critical';
  return `${count} ${severity}${isOne ? '' : 's'}`;
}

function findingText({ code, severity, subject, text, remedy, since, repair }: ShownFinding): string {
  const about = subject === '' ? code : `${code} ${subject}`;
  const lines = [
    `    ${text}`,
    ...(remedy === '' ? [] : [`    what to do: ${remedy}`]),
    `    ${[...(since === null ? [] : [`since ${since}`]), repairText(repair)].join('; ')}`,
  ];
  return `\n  ${severity}  ${about}\n${lines.map((line) => `${line}\n`).join('')}`;
}

const REPAIRS: Readonly<Record<string, string>> = {
  repaired: 'the autopilot has repaired it',
  repairing: 'the autopilot is repairing it',
  left: 'left to you',
};

/** Who deals with it. */
export const repairText = (repair: string): string => REPAIRS[repair] ?? repair;
