import { invariant, OperationError } from '../../core/errors.ts';
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

export interface Applied {
  /** Nothing after it was begun: somebody else wrote, or the look is too old. Look again. */
  readonly isOvertaken: boolean;
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
  ports: RegistryPorts,
  etcd: RegistryEtcd | null,
  look: RegistryLook,
  plan: RegistryPlan,
  memory: RegistryMemory,
): Promise<Applied> {
  const isOld = () => ports.clock.nowMs() - look.world.takenAtMs > SIGHT_MAX_MS;
  const writer = new Writer(etcd, look, isOld);
  for (const changes of plan.commits) if (!(await writer.commit(changes))) return writer.overtaken(0);
  if (plan.completions.length > 0 && isOld()) return writer.overtaken(0);
  const refused: OperationError[] = [];
  const done = await complete(ports, plan.completions, memory, refused);
  const notes = done.flatMap(({ leavingKey }) =>
    leavingKey === null ? [] : [[{ key: leavingKey, value: null }]],
  );
  for (const changes of inChunks(notes))
    if (!(await writer.commit(changes))) return writer.overtaken(done.length);
  return { ...writer.overtaken(done.length), isOvertaken: false, error: refused.at(-1) ?? null };
}

/** Commits one after the other, and follows what the keys become. */
class Writer {
  readonly #etcd: RegistryEtcd | null;
  readonly #look: RegistryLook;
  readonly #isOld: () => boolean;
  readonly #values: Map<string, string> | null;
  #count = 0;

  constructor(etcd: RegistryEtcd | null, look: RegistryLook, isOld: () => boolean) {
    const { access } = look.world;
    this.#etcd = etcd;
    this.#look = look;
    this.#isOld = isOld;
    this.#values = access.kind === 'open' ? new Map(access.keys.values) : null;
  }

  async commit(changes: readonly KeyChange[]): Promise<boolean> {
    const { world, witness } = this.#look;
    const { access } = world;
    invariant(this.#etcd !== null && witness !== null && access.kind === 'open', 'nothing may be written');
    if (this.#isOld()) return false;
    if ((await this.#etcd.commit(witness, changes, access.keys.revision)) === 'overtaken') return false;
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
      commitCount: this.#count,
      completedCount,
      error: null,
      values: world.access.kind === 'open' ? this.#values : null,
    };
  }
}

/** A hook that Auto Scaling will not let us answer now is tried again in the next look; the others go on. */
async function complete(
  { joined, clock }: RegistryPorts,
  completions: readonly Completion[],
  memory: RegistryMemory,
  refused: OperationError[],
): Promise<readonly Completion[]> {
  const outcomes = await sideBySide(completions, async (completion) => {
    try {
      await joined.complete(completion.hook, 'CONTINUE');
      memory.noteAnswered(completion.hook.instanceId, clock.nowMs());
      return [completion];
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      refused.push(error);
      return [];
    }
  });
  return outcomes.flat();
}
