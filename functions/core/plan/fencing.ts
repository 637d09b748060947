import type { InstanceId } from '../identity.ts';
import type { Instance, Observation } from '../observation.ts';
import { hookKey } from '../observation.ts';
import { isOver } from '../recovery/evidence.ts';
import { isFresh } from '../recovery/fenced.ts';
import { judgeProof } from '../recovery/proof.ts';
import type { RecoveryRecord } from '../recovery/record.ts';
import { answerHook } from './hooks.ts';
import { act, merge, nothing, type Plan } from './plan.ts';
import type { RecoveryStep } from './recovery-step.ts';

/** Those of the fenced of which EC2 does not say that they are over. While there is one, nobody is founded (rule R1). */
const stillThere = (world: Observation, { fenced }: RecoveryRecord): readonly InstanceId[] =>
  fenced.filter((id) => !isOver(world, id));

/** Newcomers that can be founders now: they wait in their launch hook, have an address, and never had a ticket. */
export const candidatesIn = (world: Observation, { fenced }: RecoveryRecord): readonly Instance[] =>
  world.instances
    .filter(
      (instance) =>
        isFresh(world, instance) &&
        instance.waitsIn === 'launch' &&
        instance.address !== null &&
        !fenced.includes(instance.id) &&
        !world.pass.answeredHooks.has(hookKey(instance)),
    )
    .sort((one, other) => (one.id < other.id ? -1 : 1));

/** Whom to end, and what to tell of it. */
interface Fencing {
  readonly plan: Plan;
  readonly told: readonly [step: RecoveryStep, instanceIds: readonly InstanceId[], because: string];
}

/**
 * Ends the fenced through their group; `null`: all of them are over. Whoever shows its database goes last: not before the
 * copy is proved to be restorable, and somebody waits who can take its place, or the group is full, so that ending one
 * brings another. What was captured is a copy; the machine is the original (rule R12).
 */
export function planFencing(world: Observation, record: RecoveryRecord): Fencing | null {
  const proof = judgeProof(world, record);
  const there = stillThere(world, record);
  const about = record.source.how === 'from-survivor' ? [record.source.instanceId] : [];
  if (proof.kind === 'bad') return { plan: nothing, told: ['captureBad', about, proof.because] };
  if (there.length === 0) return null;
  const isPending = proof.kind === 'pending';
  const isReplaced = candidatesIn(world, record).length > 0 || isFull(world);
  // The captured machine holds the original of the copy, also while it is silent.
  const originals = there.filter((id) => world.etcd.statuses.has(id) || (isPending && about.includes(id)));
  const due = there.filter((id) => !originals.includes(id) || (isReplaced && !isPending));
  const plan = merge(...due.map((id) => planFence(world, record.number, id)));
  const because = proof.kind === 'proved' ? '' : proof.because;
  if (isPending && originals.length > 0) return { plan, told: ['proving', about, because] };
  return { plan, told: ['fencing', there, because] };
}

/** Whoever is about to be a member, or is one, counts. */
const isFull = ({ instances, group }: Observation): boolean =>
  instances.filter(({ stage }) => stage === 'arriving' || stage === 'inService').length >=
  group.desiredCapacity;

/** Lets go of its hook, or has the group end it. One that its group does not list, or retains, a person must end. */
export function planFence(world: Observation, recovery: number, id: InstanceId): Plan {
  const instance = world.instances.find((one) => one.id === id);
  if (instance === undefined) return nothing;
  const { waitsIn, stage } = instance;
  if (waitsIn !== null)
    return answerHook(world, instance, waitsIn === 'launch' ? 'ABANDON' : 'CONTINUE', 'fenced');
  return stage === 'inService' || stage === 'aside'
    ? act({ kind: 'fenceInstance', recovery, instanceId: id })
    : nothing;
}
