import { followerOf, unavailable as refuse, seconds, setConfig } from '../../../support/story.ts';
import type { FakeWorld } from '../../world/fake-world.ts';
import { Rogue } from '../rogue.ts';
import { connected, type Deed, deed, leaves, prepared, some } from './deed.ts';

const leaver = (world: FakeWorld): string =>
  world.instances.find(({ lifecycle }) => lifecycle === 'Terminating:Wait')?.id ?? '';

/** A voter vanished, EC2 never heard of it, and the function looks a second time after so long. */
const forgotten = (name: string, words: RegExp, waitSeconds: number): Deed =>
  deed(name, words, async () => {
    const world = await connected(3);
    const lost = some(world);
    world.forgotten.add(lost);
    world.vanish(lost);
    await new Rogue(world, 'act', 'first').look();
    seconds(world, waitSeconds);
    const rogue = new Rogue(world);
    await rogue.prepare();
    await rogue.remove(lost);
    return world;
  });

const moveTo = (rogue: Rogue, id: string): Promise<void> => {
  const { leaderName } = rogue.world;
  const url = rogue.world.clientUrl(rogue.world.instance(leaderName));
  return rogue.etcd.moveLeader(url, rogue.memberOf(id));
};

/** R5, R10 and R11: who is removed, and who leads meanwhile. */
export const EVIDENCE: readonly Deed[] = [
  prepared(
    'a voter that is there and whole is removed',
    /^R5: .*(by the evidence of InService,running|is there and whole)/,
    (rogue, world) => rogue.remove(some(world)),
  ),
  prepared(
    'a voter is removed because one list left it out',
    /^R5: .*(by the evidence of unlisted,running|is there and whole)/,
    (rogue, world) => rogue.remove(some(world)),
    (world) => void world.hidden.add(some(world)),
  ),
  forgotten(
    'a voter is removed as soon as EC2 does not know it',
    /^R5: .*by the evidence of unlisted,notFound/,
    5,
  ),
  prepared(
    'a voter is removed for a report that speaks of another member',
    /^R5: .*by the evidence of InService,running/,
    async (rogue, world) => {
      const id = some(world);
      world.wipe(id);
      world.parameters.set(
        `/etcd-autopilot/core/reports/${id}`,
        'AUTOPILOT_REPORT=empty-disk\nAUTOPILOT_MEMBER_ID=4\n',
      );
      await rogue.look();
      await rogue.remove(id);
    },
  ),
  prepared(
    'the leader is removed while others could lead',
    /^R10: .*is removed while it leads/,
    (rogue, world) => rogue.remove(leaver(world)),
    (world) => world.terminate(world.leaderName),
  ),
  prepared(
    'leadership goes to another leaver',
    /^R10: leadership goes to .*, who leaves/,
    (rogue, world) => moveTo(rogue, leaver(world)),
    leaves,
  ),
  prepared(
    'leadership goes to somebody who has less',
    /^R10: leadership goes to .*, and .* has more/,
    (rogue, world) => moveTo(rogue, some(world)),
    (world) => {
      world.processOf(followerOf(world)).lag = 10n;
    },
  ),
  prepared('a member of nobody is removed', /^R11: 4711 of nobody here is removed/, async (rogue, world) => {
    world.etcd.addByHand({ id: '4711', name: 'stranger', isLearner: true });
    await rogue.look();
    await rogue.etcd.remove(rogue.witness, '4711');
  }),
];

/** What is right, so that a judge who objects to everything is found out. */
export const RIGHT: readonly Deed[] = [
  forgotten('a voter is removed that EC2 has not known for a minute', /./, 61),
  prepared(
    'a leaver that does not lead is removed',
    /./,
    (rogue, world) => rogue.remove(leaver(world)),
    leaves,
  ),
  prepared(
    'the leader is removed after three transfers failed',
    /./,
    async (rogue, world) => {
      rogue.world.failing.set('etcd.moveLeader', refuse);
      for (let count = 0; count < 3; count += 1) {
        await rogue.look();
        await moveTo(rogue, some(world)).catch(() => undefined);
      }
      await rogue.look();
      await rogue.remove(leaver(world));
    },
    (world) => world.terminate(world.leaderName),
  ),
  prepared('leadership goes to a voter that stays', /./, (rogue, world) => moveTo(rogue, some(world))),
  prepared('a voter is removed whose boot script found its disk empty', /./, async (rogue, world) => {
    const id = some(world);
    world.wipe(id);
    seconds(world, 2);
    await rogue.look();
    await rogue.remove(id);
  }),
  prepared(
    'a stranger is removed where the settings say so',
    /./,
    async (rogue, world) => {
      world.etcd.addByHand({ id: '4711', name: 'stranger', isLearner: true });
      await rogue.look();
      await rogue.etcd.remove(rogue.witness, '4711');
    },
    (world) => setConfig(world, { removeForeign: true }),
  ),
];
