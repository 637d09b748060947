import { describe, expect, test } from 'vitest';
import { TAG } from '../../../functions/core/names.ts';
import { DnsJudge } from '../../simulation/fronts/dns-judge.ts';
import { DnsScene } from '../../simulation/fronts/dns-scene.ts';

class Crash extends Error {}

const EFFECTS = /zones\.change|parameters\.(write|remove)|joined\.(complete|heartbeat)/;

const STORIES: Readonly<Record<string, (scene: DnsScene) => Promise<void>>> = {
  'records appear': async (scene) => {
    scene.serve('web', 3);
    await scene.runFor(1);
  },
  'one leaves and is replaced': async (scene) => {
    const [first = ''] = scene.serve('web', 3);
    await scene.runFor(1);
    scene.fleet.terminate(scene.fleet.instance(first));
    await scene.runFor(3);
  },
  'all leave at once and are replaced': async (scene) => {
    const ids = scene.serve('web', 2);
    await scene.runFor(1);
    for (const id of ids) scene.fleet.terminate(scene.fleet.instance(id));
    await scene.runFor(4);
  },
  'two groups share a name and one goes': async (scene) => {
    scene.serve('web', 2);
    scene.serve('web-2', 2);
    await scene.runFor(1);
    scene.fleet.group('web-2').desired = 0;
    await scene.runFor(3);
  },
  'a name is given up for another': async (scene) => {
    scene.serve('web', 2);
    await scene.runFor(1);
    scene.fleet.group('web').tags.set(TAG.dnsName, 'new.example.com');
    await scene.runFor(2);
  },
  'a group scales to nothing and back': async (scene) => {
    scene.serve('web', 2);
    await scene.runFor(1);
    scene.fleet.group('web').desired = 0;
    await scene.runFor(3);
    scene.fleet.group('web').desired = 2;
    await scene.runFor(2);
  },
};

interface Played {
  readonly scene: DnsScene;
  readonly effectCount: number;
}

/** Plays a story in which the function dies right before, or right after, its `at`-th effect. */
async function play(
  story: (scene: DnsScene) => Promise<void>,
  at: number,
  isAfter: boolean,
): Promise<Played> {
  const scene = new DnsScene();
  const judge = new DnsJudge(scene);
  scene.zone.syncMs = 8_000;
  let effectCount = 0;
  scene.gate = async (call, given) => {
    const isHit = EFFECTS.test(call.name) && effectCount++ === at;
    if (isHit && !isAfter) throw new Crash();
    const answer = await call.send(...given);
    if (isHit) throw new Crash();
    return answer;
  };
  const run = scene.run.bind(scene);
  scene.run = (request) =>
    run(request).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
      return {
        outcome: 'failed',
        clusters: [],
        isComplete: false,
        failedBeatCount: 0,
        waitedMs: 0,
        error: null,
      };
    });
  await story(scene);
  await scene.runFor(4);
  judge.judgeCalm();
  expect(judge.judgedCount).toBeGreaterThan(0);
  return { scene, effectCount };
}

const endOf = (scene: DnsScene): unknown => ({
  records: [...scene.zone.records.values()].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  names: JSON.parse(scene.stateText ?? '{}').names,
});

describe('a function that dies at any of its effects leaves a world that the next pass puts right (R8)', () => {
  test.each(Object.entries(STORIES))('%s', async (_, story) => {
    const whole = await play(story, Number.POSITIVE_INFINITY, true);
    expect(whole.effectCount).toBeGreaterThan(2);
    for (const isAfter of [false, true]) {
      for (let at = 0; at < whole.effectCount; at += 1) {
        const { scene } = await play(story, at, isAfter);
        expect(endOf(scene), `effect ${at} ${isAfter ? 'after' : 'before'}`).toEqual(endOf(whole.scene));
      }
    }
  });
});
