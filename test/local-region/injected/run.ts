import { entryOf, isCheckCode } from '../../../functions/core/checks/catalog.ts';
import { isAlarming } from '../../../functions/core/checks/finding.ts';
import type { RememberedFinding } from '../../../functions/core/checks/memory.ts';
import type { Injected, InjectedFault, Outcome } from './fault.ts';
import { type Ground, MINUTE_SECONDS, untilClean } from './ground.ts';

const CLEAN_SECONDS = 180;

/**
 * Injects a fault into a cluster without a finding, looks as the schedule would, and takes it back.
 *
 * @throws {Error} it was not found within one schedule, or what was to be repaired was not, or did not go away
 */
export async function injectOne(ground: Ground, fault: InjectedFault): Promise<Outcome> {
  await untilClean(ground);
  const before = new Set((await ground.findings()).map(keyOf));
  const startedMs = performance.now();
  const injected = await fault.inject(ground);
  const { finding, looks } = await untilFound(ground, fault, { ...injected, before }, startedMs).catch(
    async (error) => {
      await injected.undo?.().catch(() => undefined); // the next fault is to begin with a whole cluster
      throw error;
    },
  );
  const foundMs = performance.now() - startedMs;
  const remedy = await remedyOf(ground, finding);
  const cleanMs = await mended(ground, fault, { ...injected, before });
  const { code, severity, subject, text, repair } = finding;
  return { name: fault.name, code, severity, subject, text, repair, remedy, foundMs, looks, cleanMs };
}

/** What an earlier fault left to be shown must not pass for this one: faults of one kind and subject come far apart. */
const keyOf = ({ code, subject }: RememberedFinding): string => `${code} ${subject}`;

interface InjectedNow extends Injected {
  /** Findings from before. */
  readonly before: ReadonlySet<string>;
}

interface FoundIn {
  readonly finding: RememberedFinding;
  readonly looks: number;
}

async function untilFound(
  ground: Ground,
  fault: InjectedFault,
  injected: InjectedNow,
  startedMs: number,
): Promise<FoundIn> {
  let last: readonly RememberedFinding[] = [];
  for (let looks = 1; performance.now() - startedMs < MINUTE_SECONDS * 1_000; looks += 1) {
    await injected.meanwhile?.();
    await (injected.comesFirst === true && looks === 1 ? ground.checks() : ground.minute());
    last = await ground.findings();
    const finding = last.find((one) => isMeant(one, fault, injected));
    if (finding !== undefined) return { finding, looks };
  }
  throw new Error(`${fault.name}: not found within a minute; found instead: ${JSON.stringify(last)}`);
}

/** What stands in a parameter is cut short: the beginning of a long subject is enough. */
const isMeant = (
  one: RememberedFinding,
  { codes }: InjectedFault,
  { subject, before }: InjectedNow,
): boolean =>
  codes.includes(one.code) &&
  !before.has(keyOf(one)) &&
  (subject === undefined ||
    (one.subject !== '' && (subject.startsWith(one.subject) || one.subject.includes(subject))));

/** As an operator has it: what the function says now, or what the catalog says of the code. */
async function remedyOf(ground: Ground, { code }: RememberedFinding): Promise<string> {
  const told = (await ground.doctor().catch(() => [])).find((one) => one.code === code)?.remedy;
  if (told !== undefined) return told;
  return isCheckCode(code) ? entryOf(code).remedy : '';
}

/** Milliseconds until nothing alarming is found: by itself where the autopilot repairs it, else once it is undone. */
async function mended(ground: Ground, fault: InjectedFault, injected: InjectedNow): Promise<number> {
  const startedMs = performance.now();
  if (fault.end === 'fades') return 0;
  if (fault.end === 'left') {
    // Whoever deliberately leaves it must still tell of it on the next look.
    await injected.meanwhile?.();
    await ground.minute();
    const still = (await ground.findings()).some((one) => isMeant(one, fault, injected));
    if (!still && injected.undo !== undefined) throw new Error(`${fault.name}: nobody tells of it any more`);
    await injected.undo?.();
  }
  await ground.cluster.untilWhole(3, CLEAN_SECONDS, injected.gone).catch((error: unknown) => {
    throw new Error(`${fault.name}: ${String(error)}`);
  });
  await untilClean(ground, CLEAN_SECONDS).catch((error: unknown) => {
    throw new Error(`${fault.name}: ${String(error)}`);
  });
  if (fault.end === 'repaired') await injected.undo?.().catch(() => undefined);
  return performance.now() - startedMs;
}

/** Of a list of findings, those that would wake somebody. */
export const alarming = (all: readonly RememberedFinding[]): readonly string[] =>
  all.filter(isAlarming).map(({ code, subject, text }) => `${code} ${subject}: ${text}`);
