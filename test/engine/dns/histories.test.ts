import { expect, test } from 'vitest';
import type { RecordSet } from '../../../functions/core/dns/zone-port.ts';
import { OperationError } from '../../../functions/core/errors.ts';
import { TAG } from '../../../functions/core/names.ts';
import { DnsJudge } from '../../simulation/fronts/dns-judge.ts';
import { DnsScene } from '../../simulation/fronts/dns-scene.ts';
import { Random } from '../../simulation/history/random.ts';

const HISTORIES = 30;
const MOMENTS = 25;

const FOREIGN: RecordSet = {
  name: 'web.example.com',
  type: 'A',
  setIdentifier: 'by-hand',
  routing: 'multivalue',
  ttlSeconds: 30,
  values: ['192.0.2.9'],
  healthCheckId: null,
};

const isForeign = ({ setIdentifier }: RecordSet): boolean => setIdentifier === FOREIGN.setIdentifier;

const GROUPS = ['web', 'web-2', 'api'];

/** Something that happens to the groups, or that a person does to the records. */
function happen(scene: DnsScene, random: Random): void {
  const { fleet, zone } = scene;
  const name = random.pick(GROUPS) ?? 'web';
  const group = fleet.groups.get(name);
  const instance = random.pick(fleet.of(name));
  switch (random.whole(0, 9)) {
    case 0:
    case 1:
      if (group !== undefined) group.desired = random.whole(name === 'web' ? 1 : 0, 4);
      return;
    case 2:
    case 3:
      if (instance !== null) fleet.terminate(instance);
      return;
    case 4:
      if (instance !== null) fleet.kill(instance.id);
      return;
    case 5: {
      const all = [...zone.records.values()];
      // A name that somebody else uses is his, once nothing of ours stands there.
      const record = all.some(isForeign) ? null : random.pick(all);
      if (record !== null) zone.delete(record);
      return;
    }
    case 6: {
      const record = random.pick(
        [...zone.records.values()].filter(({ routing }) => routing === 'multivalue'),
      );
      if (record !== null && record.setIdentifier !== 'by-hand')
        zone.put({ ...record, values: ['192.0.2.1'] });
      return;
    }
    case 7:
      zone.busyCount = random.whole(1, 3);
      return;
    case 8:
      fleet.hidden.add(name); // Auto Scaling leaves the group out of its lists for a moment.
      return;
    default:
      zone.syncMs = random.whole(0, 50) * 1_000;
  }
}

/** Calls fail before they are sent, or lose their answer; the function dies now and then. */
function misfortune(scene: DnsScene, random: Random): void {
  scene.gate = async (call, given) => {
    const lot = random.whole(0, 99);
    if (lot < 3) throw new OperationError('AWS_THROTTLED', 'nextLook', `${call.name} was throttled`);
    const answer = await call.send(...given);
    if (lot < 5) throw new OperationError('AWS_UNAVAILABLE', 'nextLook', `${call.name} lost its answer`);
    if (lot < 6) throw new Error('died');
    return answer;
  };
}

async function play(seed: number): Promise<number> {
  const random = new Random(seed);
  const scene = new DnsScene();
  scene.serve('web', 3);
  scene.serve('web-2', random.whole(0, 2));
  scene.serve('api', 2, { tags: { [TAG.dnsName]: 'api.example.com', [TAG.dnsAddress]: 'public' } });
  await scene.runFor(1);
  const foreign = random.chance(0.5) ? [FOREIGN] : [];
  for (const record of foreign) scene.zone.put(record);
  const judge = new DnsJudge(scene, foreign);
  if (random.chance(0.7)) misfortune(scene, random);
  for (let moment = 0; moment < MOMENTS; moment += 1) {
    scene.fleet.hidden.clear();
    happen(scene, random);
    scene.pass(random.whole(1, 40));
    await scene.run({ cluster: random.chance(0.5) ? 'core' : null }).catch((error: unknown) => {
      const isOurs = error instanceof OperationError || (error instanceof Error && error.message === 'died');
      if (!isOurs) throw error;
    });
  }
  scene.gate = (call, given) => call.send(...given);
  scene.zone.busyCount = 0;
  scene.fleet.hidden.clear();
  await scene.runFor(20);
  judge.judgeCalm();
  return judge.judgedCount;
}

test('in histories of changes, edits, faults and crashes no rule is broken, and calm comes after them', async () => {
  let judgedCount = 0;
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    judgedCount += await play(seed).catch((error: unknown) => {
      throw new Error(
        `seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    });
  }
  expect(judgedCount).toBeGreaterThan(HISTORIES * 10);
});
