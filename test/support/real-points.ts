import { type Crash, FAULTS, type Fault } from '../simulation/crash/crash.ts';

/** Where a function is to end badly: at the `nth` effect of that name. `null`: nowhere. */
type Aim = { readonly fault: Fault; readonly name: string; readonly nth: number } | null;

/** What came of one telling of a story. */
export interface Told {
  readonly aim: Aim;
  /** The fault met its effect; on real etcd the one or other look may need no effect that an earlier one needed. */
  readonly isMet: boolean;
  readonly end: unknown;
  readonly effects: readonly string[];
}

/** The crash points of one story: those of its effects without a fault, each handed out once for each fault. */
export class Points {
  readonly told: Told[] = [];
  #left: Aim[] | null = null;

  /** Tells the story with the next fault. False: all were told. */
  async tellNext(crash: Crash, story: () => Promise<unknown>): Promise<boolean> {
    if (this.#left?.length === 0) return false;
    const aim = this.#left?.shift() ?? null;
    if (aim === null) crash.arm('killed');
    else crash.armAt(aim.fault, aim.name, aim.nth);
    try {
      const end = await story();
      this.told.push({ aim, isMet: crash.hit !== null, end, effects: [...crash.effects] });
    } catch (error) {
      throw new Error(`${aim?.fault} at ${aim?.nth}. ${aim?.name}`, { cause: error });
    }
    if (aim === null) this.#left ??= aimsAt(crash.effects);
    return true;
  }

  /** Points that a function met. */
  met(fault: Fault): readonly string[] {
    return this.told.flatMap(({ aim, isMet }) => (isMet && aim?.fault === fault ? [aim.name] : []));
  }
}

function aimsAt(effects: readonly string[]): Aim[] {
  const counts = new Map<string, number>();
  return effects.flatMap((name) => {
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    return FAULTS.map((fault) => ({ fault, name, nth }));
  });
}
