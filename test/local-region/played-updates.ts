import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openQueue } from '../../infra/bench/queue.ts';
import { runOf, runOurs } from '../../infra/bench/run.ts';
import { ROOT } from '../../infra/cli/local-options.ts';
import { isWhole } from '../../infra/demo/stage.ts';
import { IS_LONG } from './joined.ts';
import { STACK, type Theatre, until } from './stage.ts';
import { changedTemplate, updateStory, type Way } from './update-stories.ts';
import { type Updating, wordsText } from './updating.ts';

/** A gate waits at least so long. */
export const REFUSAL_SECONDS = 30;
/** A rollback asks nobody: what it takes is the time of CloudFormation. */
const ROLLBACK_SECONDS_MAX = 20;

export const print = (text: string): void => void process.stdout.write(text);

/** One update under load, beside other things: what depends on how busy the machine is is not asked. */
export async function playUpdate({ region }: Theatre, { cluster }: Updating): Promise<void> {
  const queue = openQueue(region, `${STACK}.fifo`);
  const update = updateStory(3, 'rolling');
  try {
    const run = runOf(update.story, await runOurs(update.story, cluster.name, cluster, queue), null);
    const { fewestVoters, lost, writes } = run;
    print(`show updates: ${writes} writes, ${lost} lost, never fewer than ${fewestVoters} voters\n`);
    expect(update.totalMs, String(run.error)).not.toBeNull();
    expect({ fewestVoters, lost }).toEqual({ fewestVoters: 3, lost: 0 });
    expect(writes).toBeGreaterThan(0);
  } finally {
    queue.close();
  }
}

/** The packaged template with another etcd on the path of new instances: it says its version, and does not start. */
function brokenRelease({ etcdDir }: Theatre): string {
  const template = readFileSync(join(ROOT, '.build', 'cluster.yml'), 'utf8');
  const settings = /^( +)CLUSTER=\$\{Cluster\}\n/m;
  const broken = template.replace(settings, (line, indent: string) => {
    const file = '$ETCD_AUTOPILOT_ROOT/broken';
    const lines = [
      `mkdir -p "${file}" && cat >"${file}/etcd" <<'ETCD' && chmod 755 "${file}/etcd"`,
      '#!/bin/sh',
      `[ "$1" != --version ] || exec ${etcdDir}/etcd --version`,
      'exit 1',
      'ETCD',
      `PATH=${file}:$PATH`,
    ];
    return line + lines.map((text) => `${indent}${text}\n`).join('');
  });
  expect(broken).not.toBe(template);
  return broken;
}

/** A release that cannot start, on a cluster of three whose `UnstartedGraceSeconds` are few. */
export async function refuseRelease(theatre: Theatre, updating: Updating, way: Way): Promise<void> {
  // A stack may be complete while the last leaver of its update still goes, and the group then evens out its zones.
  await until('the group is whole and even', 60, async () => {
    const views = updating.cluster.fleet.views().filter(({ state }) => state === 'InService');
    return (
      isWhole(await updating.cluster.stage.see(), 3) && new Set(views.map(({ zone }) => zone)).size === 3
    );
  });
  const originals = (await updating.cluster.stage.see()).instances.map(({ id }) => id);
  const fromMs = performance.now();
  const failure = await updating.failureOf({}, brokenRelease(theatre));
  const words = await updating.words(fromMs);
  print(wordsText(`bad-release by ${way}`, words, fromMs));
  expect(failure?.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  const said = words.find(({ resource, status }) => resource === 'MemberGroup' && status === 'UPDATE_FAILED');
  expect(said?.reason).toMatch(way === 'rolling' ? /FAILURE signal/ : /refresh.*cancel/i);
  // Stopped at its first node: until then none of them had even begun to leave.
  const touched = updating.touched(fromMs, said?.atMs);
  expect(touched.filter((id) => originals.includes(id))).toEqual([]);
  await updating.untilWhole(60);
  const stay = (await updating.voters()).filter((id) => originals.includes(id));
  // By rolling, CloudFormation goes back by one more of the old template; of four equals one is too many then.
  expect(stay.length).toBeGreaterThanOrEqual(way === 'rolling' ? 2 : 3);
  print(
    `show bad-release by ${way}: ${touched.length} launched before it stopped; ${stay.length} of 3 original voters vote\n`,
  );
}

/** While a voter is silent an update is refused before anything happens; when it is back, it goes through. */
export async function refuseWhileWeak(updating: Updating): Promise<void> {
  const { originals } = updating;
  const [silent = ''] = originals;
  updating.freeze([silent], true);
  const fromMs = performance.now();
  const failure = await updating.failureOf(changedTemplate());
  print(wordsText('weak', await updating.words(fromMs), fromMs));
  expect(failure?.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure?.reasons).toHaveLength(1);
  expect(failure?.reasons[0]).toMatch(/^BeforeGate: /);
  expect(failure?.reasons[0]).toContain(silent);
  expect(failure?.reasons[0]).toContain('voterSilent');
  expect(updating.touched(fromMs)).toEqual([]);

  updating.freeze([silent], false);
  await updating.untilWhole(60);
  const againMs = performance.now();
  // In the short form the gate is asked all the same, and then nobody is replaced.
  const change = IS_LONG ? changedTemplate() : { ...changedTemplate(), Updates: 'new-only' };
  expect(await updating.failureOf(change)).toBeNull();
  const passed = (await updating.words(againMs)).filter(({ resource }) => resource === 'BeforeGate');
  expect(passed.at(-1)?.status).toBe('UPDATE_COMPLETE');
  await updating.untilWhole(60);
  const stay = (await updating.voters()).filter((id) => originals.includes(id));
  expect(stay).toHaveLength(IS_LONG ? 0 : 3);
  print(
    `show weak: refused after ${REFUSAL_SECONDS} s, nobody touched; then through, ${3 - stay.length} of 3 replaced\n`,
  );
}

/** An update fails because etcd lost its quorum meanwhile, and is undone without one. */
export async function undoWithoutQuorum(updating: Updating): Promise<void> {
  const { originals } = updating;
  const fromMs = performance.now();
  const failing = updating.failureOf({ Size: '5' });
  failing.catch(() => undefined); // where the test ends before it
  await until('a newcomer is launched', 60, async () => updating.touched(fromMs).length > 0);
  updating.freeze(originals.slice(0, 2), true);
  const failure = await failing;
  const words = await updating.words(fromMs);
  print(wordsText('rollback', words, fromMs));
  expect(failure?.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(failure?.reasons[0]).toMatch(/^AfterGate: /);
  const backMs = words.find(({ status }) => status === 'UPDATE_ROLLBACK_IN_PROGRESS')?.atMs ?? 0;
  const tookMs = (words.at(-1)?.atMs ?? Number.POSITIVE_INFINITY) - backMs;
  expect(tookMs).toBeLessThan(ROLLBACK_SECONDS_MAX * 1_000);
  // Both gates were asked again on the way back, and let it pass.
  const passed = words.filter(({ atMs, status }) => atMs >= backMs && status === 'UPDATE_COMPLETE');
  expect(passed.map(({ resource }) => resource)).toEqual(
    expect.arrayContaining(['AfterGate', 'MemberGroup', 'BeforeGate']),
  );
  updating.freeze(originals.slice(0, 2), false);
  await updating.untilWhole(180);
  print(
    `show rollback: undone in ${(tookMs / 1_000).toFixed(1)} s without a quorum; whole again when that was back\n`,
  );
}
