import { type Finding, isFindingCode, sortFindings } from '../finding.ts';
import { isRecord, parseJson } from '../json.ts';
import { nameIn } from './keys.ts';

/** The parameter `registry`: what is registered, and what is wrong with it. */
export interface RegistryStatus {
  readonly machines: number;
  /** How many instances offer each service. */
  readonly services: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
}

const VERSION = 1;
/** What a parameter can hold (4 KB) with the longest names that there are. */
const FINDINGS_MAX = 10;
const SERVICES_MAX = 20;
const DETAIL_CHARS_MAX = 200;

/** What stands under our prefixes, counted. `null`: nobody could read it, so what was told last stays. */
export function statusOf(
  values: ReadonlyMap<string, string> | null,
  findings: readonly Finding[],
  last: RegistryStatus | null,
): RegistryStatus {
  if (values === null)
    return { machines: last?.machines ?? 0, services: last?.services ?? new Map(), findings };
  const services = new Map<string, number>();
  let machines = 0;
  for (const key of values.keys()) {
    const named = nameIn(key);
    if (named.kind === 'machine') machines += 1;
    if (named.kind === 'service') services.set(named.service, (services.get(named.service) ?? 0) + 1);
  }
  return { machines, services, findings };
}

/** Equal statuses are equal text, so that nothing is written when nothing changed. */
export function encodeRegistryStatus({ machines, services, findings }: RegistryStatus): string {
  const told = sortFindings(findings);
  const shown = [...services].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, SERVICES_MAX);
  return JSON.stringify({
    version: VERSION,
    machines,
    services: Object.fromEntries(shown),
    findings: told
      .slice(0, FINDINGS_MAX)
      .map((one) => ({ ...one, detail: one.detail.slice(0, DETAIL_CHARS_MAX) })),
    ...(told.length > FINDINGS_MAX ? { more: told.length - FINDINGS_MAX } : {}),
  });
}

export type DecodedStatus =
  | { readonly kind: 'status'; readonly status: RegistryStatus }
  /** A newer version of the autopilot wrote it: an older one must not write over it. */
  | { readonly kind: 'newer' }
  | { readonly kind: 'none' };

export function decodeRegistryStatus(text: string | undefined): DecodedStatus {
  const value = text === undefined ? undefined : parseJson(text);
  if (!isRecord(value)) return { kind: 'none' };
  const { version, machines, services } = value;
  if (typeof version === 'number' && version > VERSION) return { kind: 'newer' };
  if (version !== VERSION || typeof machines !== 'number' || !isRecord(services)) return { kind: 'none' };
  const counts = Object.entries(services).flatMap(([name, count]) =>
    typeof count === 'number' ? [[name, count] as const] : [],
  );
  const findings = findingsIn(text ?? '').filter(isKnown);
  return { kind: 'status', status: { machines, services: new Map(counts), findings } };
}

/** A finding that any version of any function wrote down. */
export interface ToldFinding {
  readonly code: string;
  readonly subject: string;
  readonly detail: string;
}

/** The findings in a parameter of DNS or of the registry; none where there are none that can be read. */
export function findingsIn(text: string): readonly ToldFinding[] {
  const value = parseJson(text);
  const findings: unknown = isRecord(value) ? value['findings'] : undefined;
  if (!Array.isArray(findings)) return [];
  const entries: readonly unknown[] = findings;
  return entries
    .filter(isRecord)
    .flatMap(({ code, subject, detail }) =>
      typeof code === 'string' && typeof subject === 'string' && typeof detail === 'string'
        ? [{ code, subject, detail }]
        : [],
    );
}

const isKnown = (told: ToldFinding): told is Finding => isFindingCode(told.code);
