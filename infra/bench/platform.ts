import { clip, type Interval, unionMs, without } from './intervals.ts';

/** How an instance stood from a moment on, as the local region itself knows it. */
export interface StateChange {
  readonly atMs: number;
  readonly instanceId: string;
  /** The group's word for it: `Pending:Wait`, `InService`, … */
  readonly state: string;
  readonly ec2State: string;
}

/** One invocation of the membership function. */
export interface PassSpan extends Interval {
  readonly lookCount: number;
  readonly calls: Readonly<Record<string, number>>;
}

/**
 * What no autopilot can save. `boot`: launch until the instance waits in its hook. `healthCheck`: death of a machine
 * until its group notices. `delivery`: a hook begins until a pass begins. `turn`: of a refresh, nobody waits in a
 * hook, so the group itself is at work (boots, endings, its pace). `given`: the story itself waits.
 */
export type WaitKind = 'boot' | 'healthCheck' | 'delivery' | 'turn' | 'given';

export interface PlatformWait extends Interval {
  readonly kind: WaitKind;
}

export interface Breakdown {
  /** All kinds together; what overlaps counts once. */
  readonly platformMs: number;
  readonly byKind: Readonly<Partial<Record<WaitKind, number>>>;
}

const isHeld = ({ state }: StateChange): boolean => state.endsWith(':Wait');

/** Runs of one instance's time in which `is` holds; the last may still go on at `endMs`. */
function spansOf(
  changes: readonly StateChange[],
  endMs: number,
  is: (change: StateChange) => boolean,
): readonly Interval[] {
  const ids = [...new Set(changes.map(({ instanceId }) => instanceId))];
  return ids.flatMap((id) => {
    const own = changes.filter(({ instanceId }) => instanceId === id);
    return own.flatMap((change, index) => {
      const toMs = own[index + 1]?.atMs ?? endMs;
      return is(change) ? [{ fromMs: change.atMs, toMs }] : [];
    });
  });
}

/** The group still takes for alive what EC2 has ended. */
const isUnnoticed = ({ state, ec2State }: StateChange): boolean =>
  (ec2State === 'shutting-down' || ec2State === 'terminated') && !state.startsWith('Terminat');

/** From the moment when an instance begins to wait in a hook until a pass begins, unless one is under way. */
function deliveries(
  changes: readonly StateChange[],
  passes: readonly PassSpan[],
  endMs: number,
): readonly Interval[] {
  const begins = changes.filter(isHeld).map(({ atMs }) => atMs);
  return begins.flatMap((atMs) => {
    if (passes.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs)) return [];
    const next = passes.map(({ fromMs }) => fromMs).filter((fromMs) => fromMs > atMs);
    return [{ fromMs: atMs, toMs: Math.min(endMs, ...next) }];
  });
}

export interface Account {
  readonly changes: readonly StateChange[];
  readonly passes: readonly PassSpan[];
  /** Times in which the story itself waits. */
  readonly given: readonly Interval[];
  /** Whether the group works by itself, one replacement after the other: all of that is then waited for. */
  readonly isRefresh: boolean;
}

/** Every wait of the platform within a time. */
export function platformWaits(account: Account, within: Interval): readonly PlatformWait[] {
  const { changes, passes, given, isRefresh } = account;
  const { toMs } = within;
  const held = spansOf(changes, toMs, isHeld);
  const kinds: readonly (readonly [WaitKind, readonly Interval[]])[] = [
    ['boot', spansOf(changes, toMs, ({ state }) => state === 'Pending')],
    ['healthCheck', spansOf(changes, toMs, isUnnoticed)],
    ['delivery', deliveries(changes, passes, toMs)],
    ['turn', isRefresh ? without(within, held) : []],
    ['given', given],
  ];
  return kinds.flatMap(([kind, intervals]) =>
    intervals.flatMap((interval) => clip(interval, within)).map((one) => ({ kind, ...one })),
  );
}

export function breakdownOf(waits: readonly PlatformWait[]): Breakdown {
  const kinds = [...new Set(waits.map(({ kind }) => kind))];
  const byKind = Object.fromEntries(
    kinds.map((kind) => [kind, unionMs(waits.filter((wait) => wait.kind === kind))]),
  );
  return { platformMs: unionMs(waits), byKind };
}

/**
 * The first moment at which group and EC2 let everybody know that an instance leaves or is gone (rule R5): it waits in
 * its terminate hook, which is also the hook's event; or the group has let it go and EC2 says terminated. `null`:
 * there was none.
 */
export function knowableMs(changes: readonly StateChange[], instanceId: string): number | null {
  const known = changes.find(
    (change) =>
      change.instanceId === instanceId &&
      (change.state === 'Terminating:Wait' ||
        (change.state === 'Terminated' && change.ec2State === 'terminated')),
  );
  return known?.atMs ?? null;
}
