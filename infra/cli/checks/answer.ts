import { isRecord } from '../../../functions/core/json.ts';
import { Failure } from '../failure.ts';
import { invoke, strangeAnswer } from '../invoke.ts';
import type { Terminal } from '../terminal.ts';

export const SEVERITIES = ['critical', 'warning', 'notice'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What the checks found, as it is shown. Of a function of another version it may know less. */
export interface ShownFinding {
  readonly code: string;
  readonly severity: Severity;
  readonly subject: string;
  readonly text: string;
  readonly remedy: string;
  readonly evidence: Readonly<Record<string, string>>;
  /** ISO time of the first look that found it; `null`: just now, or not told. */
  readonly since: string | null;
  readonly repair: string;
}

/** What the last snapshots came to. */
export interface ShownBackup {
  readonly last: ShownSnapshot | null;
  readonly restorable: ShownSnapshot | null;
  readonly lastFailure: { readonly at: string; readonly text: string } | null;
  readonly unverifiable: boolean;
}

export interface ShownSnapshot {
  readonly key: string;
  readonly at: string;
  readonly revision: string;
  readonly sizeBytes: number | null;
}

/** What a look saw of the cluster's history: its revision at a time. */
export interface ShownSample {
  readonly atMs: number;
  readonly revision: bigint;
}

/** One round of all checks. */
export interface DoctorSight {
  readonly cluster: string;
  readonly at: string | null;
  /** Worst first. */
  readonly findings: readonly ShownFinding[];
  readonly backup: ShownBackup | null;
  /** Oldest first. */
  readonly samples: readonly ShownSample[];
  /** The answer itself, for scripts. */
  readonly answer: unknown;
}

/**
 * Has all checks made now.
 *
 * @throws {Failure} the function could not be asked, refused, or answered in another form
 */
export async function askDoctor(env: Terminal['env'], stack: string, cluster: string): Promise<DoctorSight> {
  const answer = await invoke(env, `${stack}-checks`, cluster, { request: 'doctor', cluster });
  const sight = readDoctor(answer, cluster);
  if (sight === null) throw new Failure(strangeAnswer(stack, 'checks'));
  return sight;
}

function readDoctor(answer: unknown, cluster: string): DoctorSight | null {
  if (!isRecord(answer) || answer['etcdAutopilot'] !== 1 || answer['ok'] !== true) return null;
  if (!Array.isArray(answer['findings'])) return null;
  const findings = answer['findings'].map(readFinding);
  // A finding that cannot be read must not pass for none.
  if (findings.includes(null)) return null;
  return {
    cluster,
    at: textOf(answer['at']),
    findings: worstFirst(findings.filter((one) => one !== null)),
    backup: readBackup(answer['backup']),
    samples: readSamples(answer['samples']),
    answer,
  };
}

function readFinding(value: unknown): ShownFinding | null {
  if (!isRecord(value)) return null;
  const { code, subject, text } = value;
  if (typeof code !== 'string' || typeof text !== 'string') return null;
  return {
    code,
    severity: severityOf(value['severity']),
    subject: textOf(subject) ?? '',
    text,
    remedy: textOf(value['remedy']) ?? '',
    evidence: readEvidence(value['evidence']),
    since: textOf(value['since']),
    repair: textOf(value['repair']) ?? 'left',
  };
}

/** One that this version does not know is taken seriously. */
const severityOf = (value: unknown): Severity => SEVERITIES.find((known) => known === value) ?? 'warning';

function readEvidence(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, String(one)]));
}

function worstFirst(findings: readonly ShownFinding[]): readonly ShownFinding[] {
  const rank = ({ severity }: ShownFinding): number => SEVERITIES.indexOf(severity);
  return [...findings].sort((a, b) => rank(a) - rank(b));
}

function readBackup(value: unknown): ShownBackup | null {
  if (!isRecord(value)) return null;
  const failure = value['lastFailure'];
  return {
    last: readSnapshot(value['last']),
    restorable: readSnapshot(value['restorable']),
    lastFailure: isRecord(failure)
      ? { at: textOf(failure['at']) ?? '', text: textOf(failure['text']) ?? textOf(failure['code']) ?? '' }
      : null,
    unverifiable: value['unverifiable'] === true,
  };
}

function readSnapshot(value: unknown): ShownSnapshot | null {
  if (!isRecord(value)) return null;
  const { sizeBytes } = value;
  return {
    key: textOf(value['key']) ?? '',
    at: textOf(value['at']) ?? '',
    revision: textOf(value['revision']) ?? '',
    sizeBytes: typeof sizeBytes === 'number' ? sizeBytes : null,
  };
}

function readSamples(value: unknown): readonly ShownSample[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap(readSample).sort((a, b) => a.atMs - b.atMs);
}

function readSample(value: unknown): readonly ShownSample[] {
  if (!isRecord(value)) return [];
  const atMs = Date.parse(textOf(value['at']) ?? '');
  const revision = textOf(value['revision']) ?? '';
  return Number.isNaN(atMs) || !/^\d{1,20}$/.test(revision) ? [] : [{ atMs, revision: BigInt(revision) }];
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** What needs somebody: a notice is only good to know. */
export const isTrouble = ({ severity }: ShownFinding): boolean => severity !== 'notice';
