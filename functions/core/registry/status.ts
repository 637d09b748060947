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
/** A parameter holds 4,096 bytes. */
const BYTES_MAX = 4_096;
/** How many findings and services are told, where more do not fit. */
const FITS = [
  [10, 20],
  [6, 10],
  [3, 5],
  [1, 1],
] as const;
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

/** Equal statuses are equal text, so that nothing is written when nothing changed. What does not fit is counted. */
export function encodeRegistryStatus(status: RegistryStatus): string {
  const texts = FITS.map(([findingsMax, servicesMax]) => encode(status, findingsMax, servicesMax));
  return texts.find((text) => new TextEncoder().encode(text).length <= BYTES_MAX) ?? encode(status, 0, 0);
}

function encode(
  { machines, services, findings }: RegistryStatus,
  findingsMax: number,
  servicesMax: number,
): string {
  const told = sortFindings(findings);
  const shown = [...services].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, servicesMax);
  return JSON.stringify({
    version: VERSION,
    machines,
    services: Object.fromEntries(shown),
    findings: told
      .slice(0, findingsMax)
      .map((one) => ({ ...one, detail: one.detail.slice(0, DETAIL_CHARS_MAX) })),
    ...(told.length > findingsMax ? { more: told.length - findingsMax } : {}),
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
