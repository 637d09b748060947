import { recoverBody } from '../../../functions/core/recovery/choice.ts';
import { optionsIn } from '../../../functions/core/recovery/options.ts';
import type { RecoverySource } from '../../../functions/core/recovery/record.ts';
import { runPass } from '../../../functions/engine/pass.ts';
import { CLUSTER, type FakeWorld, Killed } from '../world/fake-world.ts';
import type { Random } from './random.ts';

const LOOK_MS = 40_000;

/**
 * An operator recovers what is lost for ever: asks for the options, chooses one of them, and sends the choice. At times a
 * second one chooses, too, from the same options. True: a choice was sent.
 */
export async function recoverByHand(world: FakeWorld, random: Random): Promise<boolean> {
  const sources = await optionsOf(world);
  const chosen = random.pick(sources.sources);
  if (sources.obstacles.length > 0 || chosen === null) return false;
  world.operatorRecovers = true;
  const other = random.chance(0.3) ? random.pick(sources.sources) : null;
  for (const [nth, source] of [chosen, other].entries()) {
    if (source === null) continue;
    const choice = { source: named(source), forced: [], confirm: sources.digest, by: `operator-${nth}` };
    world.mail.ask(world, recoverBody(CLUSTER, { ...choice, nonce: `by-hand-${world.nowMs}-${nth}` }));
  }
  return true;
}

const named = (source: RecoverySource) =>
  source.how === 'from-survivor'
    ? ({ how: source.how, instanceId: source.instanceId } as const)
    : ({ how: source.how, key: source.key } as const);

async function optionsOf(world: FakeWorld): Promise<ReturnType<typeof optionsIn> | NoOptions> {
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
    return report.world === null ? NONE : optionsIn(report.world, []);
  } catch (error) {
    if (error instanceof Killed) return NONE;
    throw error;
  }
}

type NoOptions = Pick<ReturnType<typeof optionsIn>, 'sources' | 'obstacles' | 'digest'>;
const NONE: NoOptions = { sources: [], obstacles: ['nothing is seen'], digest: '' };
