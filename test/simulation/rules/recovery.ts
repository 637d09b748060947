import type { Bench } from './bench.ts';
import { instanceNamed, isMajority, namesIn, readJson, type TrueInstance, textAt } from './truth.ts';
import type { PassWatch } from './watch.ts';

/** The record of a recovery, as anybody reads it. */
export interface TrueRecovery {
  readonly number: number;
  readonly how: string;
  /** Of the survivor, or of the snapshot. */
  readonly instanceId: string;
  readonly key: string;
  readonly revision: bigint;
  readonly fenced: readonly string[];
  readonly forced: readonly string[];
  readonly by: string;
}

export function readRecovery(text: string | undefined): TrueRecovery | null {
  const value = readJson(text);
  const source = Object(value?.['source']);
  if (value === null || typeof value['number'] !== 'number') return null;
  const list = (ids: unknown): readonly string[] => (Array.isArray(ids) ? ids.map(String) : []);
  return {
    number: value['number'],
    how: String(source.how),
    instanceId: String(source.instanceId ?? ''),
    key: String(source.key ?? ''),
    revision: BigInt(source.revision ?? 0),
    fenced: list(value['fenced']),
    forced: list(value['forced']),
    by: String(value['by']),
  };
}

/** The newest that is under way: decided, and not over; `null`: none is. */
export function openRecoveryIn(bench: Bench): TrueRecovery | null {
  const { truth, memory } = bench;
  if (memory.recoveries.size === 0) return null;
  const number = Math.max(...memory.recoveries);
  if (textAt(truth, `recovery/${number}/done`) !== undefined) return null;
  const names = namesIn(truth).filter((name) => name.startsWith(`recovery/${number}/again-`));
  const newest = names.sort((one, other) => Number(one.split('-')[1]) - Number(other.split('-')[1])).at(-1);
  return readRecovery(textAt(truth, newest ?? `recovery/${number}`));
}

/** It is to end, for its cluster is lost: nothing of what protects members holds for it. */
export const isFenced = (bench: Bench, id: string): boolean =>
  openRecoveryIn(bench)?.fenced.includes(id) ?? false;

/** Whoever has the data of a voter of the cluster that stands now, and may come back with it. */
function keepersOf({ truth }: Bench): readonly TrueInstance[] {
  const ids = new Set(truth.etcd.members.flatMap(({ id, isLearner }) => (isLearner ? [] : [id])));
  return truth.instances.filter(
    ({ disk, state }) =>
      disk !== null && ids.has(disk) && state !== 'terminated' && state !== 'shutting-down',
  );
}

/** A record, or what follows it: each is made once, and the first is a decision that must be right. */
export function judgeRecovery(
  bench: Bench,
  watch: PassWatch,
  name: string,
  text: string,
  isCreated: boolean,
): void {
  bench.rule('Q1', !isCreated, () => `${name} is not made by a create-only write`);
  if (name.endsWith('/done')) judgeLoss(bench, text);
  else if (!name.endsWith('/captured')) judgeDecision(bench, watch, name, text);
}

/** Q1: for ever means that a majority of the voters' data is gone, or that an operator said so of some. */
function judgeDecision(bench: Bench, watch: PassWatch, name: string, text: string): void {
  const record = readRecovery(text);
  bench.rule('Q1', record === null, () => `${name} is no record: ${text}`);
  if (record === null) return;
  bench.memory.recoveries.add(record.number);
  const { truth } = bench;
  const voterCount = truth.etcd.members.filter(({ isLearner }) => !isLearner).length;
  const keepers = keepersOf(bench).filter(({ id }) => !record.forced.includes(id));
  const words = () => `${name} is decided, and ${keepers.map(({ id }) => id)} of ${voterCount} may come back`;
  bench.rule('Q1', isMajority(keepers.length, voterCount), words);
  const mode = readJson(watch.configText)?.['recovery'] ?? 'manual';
  const isAsked = truth.operatorRecovers;
  bench.rule('Q1', mode === 'manual' && !isAsked, () => `${name} is decided, and nobody asked for it`);
  bench.rule(
    'Q1',
    record.forced.length > 0 && !isAsked,
    () => `${name} takes ${record.forced} for lost by itself`,
  );
  judgeFenceList(bench, record, name);
  if (record.how === 'from-survivor') judgeSurvivor(bench, record, name);
  else if (mode !== 'manual' && !isAsked)
    bench.rule(
      'Q3',
      mode !== 'from-snapshot',
      () => `${name} takes a snapshot, and the settings say ${mode}`,
    );
}

/** Q2: whoever may still hold the lost cluster is on the list. */
function judgeFenceList(bench: Bench, record: TrueRecovery, name: string): void {
  const left = keepersOf(bench).filter(({ id }) => !record.fenced.includes(id));
  bench.rule('Q2', left.length > 0, () => `${name} leaves out ${left.map(({ id }) => id)}`);
}

/** Q3: nobody that is left has more, unless an operator chose. */
function judgeSurvivor(bench: Bench, record: TrueRecovery, name: string): void {
  const { truth } = bench;
  const indexOf = ({ disk }: TrueInstance): bigint => truth.etcd.indexOf(disk ?? '');
  const source = instanceNamed(truth, record.instanceId);
  bench.rule('Q3', source === undefined, () => `${name} takes ${record.instanceId}, which there is not`);
  if (source === undefined || truth.operatorRecovers) return;
  const better = keepersOf(bench).filter((one) => indexOf(one) > indexOf(source));
  bench.rule(
    'Q3',
    better.length > 0,
    () => `${name} takes ${source.id}, and ${better.map(({ id }) => id)} has more`,
  );
}

/** Q2, Q3: the claim that follows a record: one newcomer founds, when everybody else is gone for good. */
export function judgeSuccession(
  bench: Bench,
  watch: PassWatch,
  members: readonly string[],
  restore: unknown,
): void {
  const record = openRecoveryIn(bench);
  bench.rule('Q1', record === null, () => `${members} found again what nobody decided to recover`);
  if (record === null) return;
  judgeFence(bench, record, `${members} found`);
  bench.rule('Q2', members.length !== 1, () => `${members} found at once what one restores`);
  const tainted = members.filter((id) => record.fenced.includes(id));
  bench.rule('Q2', tainted.length > 0, () => `${tainted} found, and are fenced`);
  const arriving = members.filter((id) => watch.listed.get(id) !== 'Pending:Wait');
  bench.rule('Q2', arriving.length > 0, () => `${arriving} found, who do not wait to launch`);
  judgeSource(bench, record, restore);
}

function judgeFence(bench: Bench, record: TrueRecovery, what: string): void {
  const running = record.fenced.filter((id) => {
    const instance = instanceNamed(bench.truth, id);
    return instance !== undefined && instance.state !== 'terminated';
  });
  bench.rule('Q2', running.length > 0, () => `${what} while ${running} is not terminated`);
}

/** Q3: what is restored lies there whole, is of this cluster, and is what was decided. */
function judgeSource(bench: Bench, record: TrueRecovery, restore: unknown): void {
  const { truth } = bench;
  const { uri, sha256, sizeBytes } = Object(restore);
  const captured = readJson(textAt(truth, `recovery/${record.number}/captured`));
  const key = record.how === 'from-survivor' ? String(captured?.['key'] ?? '') : record.key;
  const found = truth.bucket.objects.get(key);
  const isDecided = key !== '' && String(uri).endsWith(`/${key}`);
  bench.rule('Q3', !isDecided, () => `${uri} is to be restored, and ${key || 'nothing'} was decided`);
  const isWhole = found?.sha256 === sha256 && found?.sizeBytes === sizeBytes;
  const isAsked = truth.operatorRecovers;
  bench.rule('Q3', !isWhole && !isAsked, () => `${uri} is to be restored, and is not what was kept there`);
  const isOurs =
    found?.snapshot?.clusterId === truth.etcd.clusterId || isFormer(bench, found?.snapshot?.clusterId);
  bench.rule('Q3', isWhole && !isOurs, () => `${uri} is to be restored, and is of another cluster`);
  const isUnproven = record.how === 'from-snapshot' && found?.snapshot?.stored.isCorrupt === true;
  bench.rule('Q3', isUnproven && !isAsked, () => `${uri} is to be restored, and its data is corrupt`);
}

const isFormer = ({ truth }: Bench, id: string | undefined): boolean =>
  truth.etcd.formers.some(({ clusterId }) => clusterId === id);

/** Q2: told by the world when a founder begins to restore: from here on there are two, if the first can come back. */
export function judgeRestoring(bench: Bench, instanceId: string): void {
  const { truth } = bench;
  if (truth.etcd.clusterId === null) return;
  const record = openRecoveryIn(bench);
  bench.rule('Q1', record === null, () => `${instanceId} restores, and nobody decided to recover`);
  if (record !== null) judgeFence(bench, record, `${instanceId} restores`);
  const keepers = keepersOf(bench).map(({ id }) => id);
  bench.rule('Q2', keepers.length > 0, () => `${instanceId} restores while ${keepers} may come back`);
}

/** Q4: what is said to be lost at least is lost, and nobody is told that nothing was. */
function judgeLoss(bench: Bench, text: string): void {
  const { truth } = bench;
  const done = readJson(text);
  bench.rule('Q4', done === null, () => `a recovery ends without words: ${text}`);
  if (done === null || done['outcome'] !== 'recovered') return;
  const former = truth.etcd.formers.at(-1);
  const restored = truth.etcd.restoredRevision;
  bench.rule('Q4', former === undefined, () => 'a recovery is over, and nothing was restored');
  if (former === undefined) return;
  const words = String(done['text']);
  const isNone =
    words === '' || /\b(?:none|nothing is lost|no writes? (?:is|are|was|were) lost|no loss)\b/i.test(words);
  bench.rule('Q4', isNone, () => `a recovery tells of no loss: ${words}`);
  const told = done['restoredRevision'] ?? null;
  bench.rule(
    'Q4',
    told !== null && BigInt(String(told)) < restored,
    () => `restored ${restored}, told ${told}`,
  );
  const lost = former.revision - restored;
  const least = done['lostAtLeast'] ?? null;
  const isMore = least !== null && BigInt(String(least)) > (lost > 0n ? lost : 0n);
  bench.rule('Q4', isMore, () => `a recovery tells of ${least} lost writes, and ${lost} are`);
}
