import { invariant, OperationError } from '../../core/errors.ts';
import type { InstanceId } from '../../core/identity.ts';
import { inChunks } from '../../core/registry/changes.ts';
import type { KeyChange } from '../../core/registry/key-port.ts';
import type { Completion } from '../../core/registry/leaves.ts';
import type { RegistryPlan } from '../../core/registry/plan.ts';
import { sideBySide } from '../side-by-side.ts';
import type { RegistryMemory } from './memory.ts';
import type { RegistryLook } from './observe.ts';
import type { RegistryEtcd, RegistryPorts } from './ports.ts';

/** What was seen longer ago is looked at again: a function that stood still may have been overtaken. */
const SIGHT_MAX_MS = 20_000;
/** Of one look, for answering hooks: time remains to take away the notes of those that were let go. */
const ANSWERING_MS_MAX = 12_000;

/** One effect, or what refused it; for the log. */
export type RegistryStep =
  | {
      readonly kind: 'commitKeys';
      readonly changes: readonly KeyChange[];
      readonly outcome: 'committed' | 'overtaken';
    }
  | { readonly kind: 'completeHook'; readonly instanceId: InstanceId; readonly error: OperationError | null };

export type OnStep = (step: RegistryStep) => void;

/** What plans are carried out with. */
export interface RegistryTools {
  readonly ports: RegistryPorts;
  /** `null`: it is not open, and nothing may be written. */
  readonly etcd: RegistryEtcd | null;
  readonly memory: RegistryMemory;
  readonly onStep: OnStep;
}

export interface Applied {
  /** Nothing after it was begun: somebody else wrote, or the look is too old. Look again. */
  readonly isOvertaken: boolean;
  /** More hooks were to be answered than there was time for in one look. */
  readonly isUnfinished: boolean;
  readonly commitCount: number;
  readonly completedCount: number;
  /** Why the last hook that was refused could not be answered; the others were. */
  readonly error: OperationError | null;
  /** The keys as they stand now; `null`: nobody could read them. */
  readonly values: ReadonlyMap<string, string> | null;
}

/**
 * Keys first, and hooks once all of them are written. Notes of leavers go last: while one stands,
 * its hook is answered again.
 *
 * @throws {OperationError} a transaction did not come about: nobody was let go after it.
 */
export async function applyRegistry(
  tools: RegistryTools,
  look: RegistryLook,
  plan: RegistryPlan,
): Promise<Applied> {
  const isOld = () => tools.ports.clock.nowMs() - look.world.takenAtMs > SIGHT_MAX_MS;
  const writer = new Writer(tools, look, isOld);
  for (const changes of plan.commits) if (!(await writer.commit(changes))) return writer.overtaken(0);
  if (plan.completions.length > 0 && isOld()) return writer.overtaken(0);
  const refused: OperationError[] = [];
  const done = await complete(tools, plan.completions, refused);
  const notes = done.flatMap(({ leavingKey }) =>
    leavingKey === null ? [] : [[{ key: leavingKey, value: null }]],
  );
  for (const changes of inChunks(notes))
    if (!(await writer.commit(changes))) return writer.overtaken(done.length);
  const isUnfinished = done.length + refused.length < plan.completions.length;
  const applied = writer.overtaken(done.length);
  return { ...applied, isOvertaken: false, isUnfinished, error: refused.at(-1) ?? null };
}

/** Commits one after the other, and follows what the keys become. */
class Writer {
  readonly #tools: RegistryTools;
  readonly #look: RegistryLook;
  readonly #isOld: () => boolean;
  readonly #values: Map<string, string> | null;
  #count = 0;

  constructor(tools: RegistryTools, look: RegistryLook, isOld: () => boolean) {
    const { access } = look.world;
    this.#tools = tools;
    this.#look = look;
    this.#isOld = isOld;
    this.#values = access.kind === 'open' ? new Map(access.keys.values) : null;
  }

  async commit(changes: readonly KeyChange[]): Promise<boolean> {
    const { world, witness } = this.#look;
    const { access } = world;
    const { etcd, onStep } = this.#tools;
    invariant(etcd !== null && witness !== null && access.kind === 'open', 'nothing may be written');
    if (this.#isOld()) return false;
    const outcome = await etcd.commit(witness, changes, access.keys.revision);
    onStep({ kind: 'commitKeys', changes, outcome });
    if (outcome === 'overtaken') return false;
    this.#count += 1;
    for (const { key, value } of changes) {
      if (value === null) this.#values?.delete(key);
      else this.#values?.set(key, value);
    }
    return true;
  }

  overtaken(completedCount: number): Applied {
    const { world } = this.#look;
    return {
      isOvertaken: true,
      isUnfinished: false,
      commitCount: this.#count,
      completedCount,
      error: null,
      values: world.access.kind === 'open' ? this.#values : null,
    };
  }
}

/** A hook that Auto Scaling will not let us answer now is tried again in the next look, as are those that are too many. */
async function complete(
  { ports, memory, onStep }: RegistryTools,
  completions: readonly Completion[],
  refused: OperationError[],
): Promise<readonly Completion[]> {
  const startedAtMs = ports.clock.nowMs();
  const mayGoOn = () => ports.clock.nowMs() - startedAtMs < ANSWERING_MS_MAX;
  const answer = async (completion: Completion): Promise<readonly Completion[]> => {
    const { instanceId } = completion.hook;
    try {
      await ports.joined.complete(completion.hook, 'CONTINUE');
      memory.noteAnswered(instanceId, ports.clock.nowMs());
      onStep({ kind: 'completeHook', instanceId, error: null });
      return [completion];
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      onStep({ kind: 'completeHook', instanceId, error });
      refused.push(error);
      return [];
    }
  };
  const outcomes = await sideBySide(completions, answer, mayGoOn);
  return outcomes.flat();
}
