import { recoverBody } from '../../../functions/core/recovery/choice.ts';
import { optionsIn } from '../../../functions/core/recovery/options.ts';
import type { RecoverySource } from '../../../functions/core/recovery/record.ts';
import { runPass } from '../../../functions/engine/pass.ts';
import { CLUSTER, type FakeWorld, Killed, PATH } from '../world/fake-world.ts';
import type { Random } from './random.ts';

const LOOK_MS = 40_000;

/** A choice may be refused, for what was shown has changed: then one looks again. */
export const isRecoveryUnderWay = ({ parameters }: FakeWorld): boolean =>
  [...parameters.keys()].some(
    (name) => name.startsWith(`${PATH}recovery/`) && /\/\d+$/.test(name) && !parameters.has(`${name}/done`),
  );

/**
 * What the status asks a person for while a cluster is recovered: whoever is kept out of its group, or shows nothing, is
 * ended in EC2, and so is a newcomer whose image does not boot.
 */
export function seeTo(world: FakeWorld): void {
  const voterIds = new Set(world.etcd.voters().map(({ id }) => id));
  for (const one of world.instances) {
    if (one.state === 'terminated' || one.state === 'shutting-down') continue;
    const isAside = !one.listed || one.lifecycle === 'Terminating:Retained';
    // An etcd that starts without a quorum serves nobody, so its database can be had by nobody.
    const serves = world.etcd.processes.get(world.clientUrl(one))?.serves === true;
    const isDead = one.disk !== null && voterIds.has(one.disk) && !serves;
    if (isAside || isDead) world.kill(one.id);
    else if (!one.boots && one.lifecycle === 'Pending:Wait') world.terminate(one.id);
  }
}

/**
 * An operator recovers what is lost for ever: asks for the options, chooses one of them, and sends the choice. At times a
 * second one chooses, too, from the same options. True: a choice was sent.
 */
export async function recoverByHand(world: FakeWorld, random: Random): Promise<boolean> {
  const shown = await optionsOf(world, random.chance(0.5));
  const { sources, forced, obstacles, digest } = shown;
  const chosen = random.pick(sources);
  if (obstacles.length > 0 || chosen === null) return false;
  world.operatorRecovers = true;
  const other = random.chance(0.3) ? random.pick(sources) : null;
  for (const [nth, source] of [chosen, other].entries()) {
    if (source === null) continue;
    const choice = { source: named(source), forced, confirm: digest, by: `operator-${nth}` };
    world.mail.ask(world, recoverBody(CLUSTER, { ...choice, nonce: `by-hand-${world.nowMs}-${nth}` }));
  }
  return true;
}

const named = (source: RecoverySource) =>
  source.how === 'from-survivor'
    ? ({ how: source.how, instanceId: source.instanceId } as const)
    : ({ how: source.how, key: source.key } as const);

/** What can be chosen now; who shows nothing is named as lost, if `names`, and else waited for or ended. */
async function optionsOf(world: FakeWorld, names: boolean): Promise<Shown> {
  const owner = world.nextOwner();
  try {
    const report = await runPass(world.ports(owner, 'look'), {
      cluster: CLUSTER,
      owner,
      deadlineMs: world.nowMs + LOOK_MS,
      mode: 'look',
      groupName: null,
      recover: 'options',
    });
    if (report.world === null) return NONE;
    const options = optionsIn(report.world, []);
    const forced = names ? options.verdict.unknown : [];
    return { ...(forced.length === 0 ? options : optionsIn(report.world, forced)), forced };
  } catch (error) {
    if (error instanceof Killed) return NONE;
    throw error;
  }
}

interface Shown extends Pick<ReturnType<typeof optionsIn>, 'sources' | 'obstacles' | 'digest'> {
  readonly forced: readonly string[];
}
const NONE: Shown = { sources: [], obstacles: ['nothing is seen'], digest: '', forced: [] };
