import { fileAt } from '../../../functions/core/backup/keys.ts';
import { decodeBackup } from '../../../functions/core/backup/parameter.ts';
import { readJson } from '../rules/truth.ts';
import { type CareWorld, FOLDER, PATH } from './world.ts';

const DAY_MS = 86_400_000;
/** Beside those of the hours, days and weeks: the newest two, the last restorable and intact, bad ones of a week. */
const MORE = 6;

/** Nothing disturbs the world any more, and an operator puts right what only a person can. */
export function calmDown(world: CareWorld, config: string): void {
  world.storm = null;
  Object.assign(world, {
    streamFault: null,
    onChunk: () => undefined,
    hasTools: true,
    verifies: true,
    skewMs: 0,
  });
  world.denied.clear();
  world.etcd.space.corrupt.clear();
  world.etcd.alarms.clear();
  for (const { id } of world.etcd.voters()) {
    world.etcd.thaw(id);
    world.etcd.restart(id);
  }
  world.parameters.set(`${PATH}config`, config);
}

/** What is still missing; none: the cluster has what it should, and everybody is told so. */
export function missingIn(world: CareWorld, intervalMinutes: number): readonly string[] {
  const record = decodeBackup(world.parameters.get(`${PATH}backup`) ?? '');
  if (record === null) return ['no parameter tells of a snapshot'];
  const { last, restorable, lastFailure } = record;
  const ageMs = (at: string | undefined): number => world.nowMs - Date.parse(at ?? '1970-01-01');
  const dueMs = (intervalMinutes + 10) * 60_000;
  const good = world.judge.good();
  return [
    ...(ageMs(last?.at) <= dueMs ? [] : [`the last snapshot is of ${last?.at ?? 'never'}`]),
    ...(ageMs(restorable?.at) <= dueMs ? [] : [`the last restorable one is of ${restorable?.at ?? 'never'}`]),
    ...(restorable !== null && good.includes(restorable.key)
      ? []
      : [`${restorable?.key} cannot be restored`]),
    ...(lastFailure === null ? [] : [`a failure is told: ${lastFailure.text}`]),
  ];
}

/** B7: the bucket does not grow without an end, and nothing of old that nobody finished stays in it. */
export function judgeTidiness(world: CareWorld): void {
  const { bucket, judge, nowMs } = world;
  const { keepHourly, keepDaily, keepWeekly } = Object(
    readJson(world.parameters.get(`${PATH}config`))?.['backup'],
  );
  const files = [...bucket.objects].flatMap(([key, { modifiedAtMs }]) => {
    const file = fileAt(FOLDER, key);
    return file === null ? [] : [{ key, modifiedAtMs, ...file }];
  });
  const snapshots = files.filter(({ kind }) => kind === 'snapshot');
  const young = snapshots.filter(({ modifiedAtMs }) => nowMs - modifiedAtMs < 8 * DAY_MS);
  const bad = young.filter(({ key }) => !judge.good().includes(key)).length;
  const captured = [...bucket.objects.keys()].filter((key) =>
    bucket.textAt(key)?.includes('"recovery"'),
  ).length;
  const most = Number(keepHourly) + Number(keepDaily) + Number(keepWeekly) + MORE + bad + captured;
  judge.rule(
    'B7',
    snapshots.length > most,
    () => `${snapshots.length} snapshots lie there, and ${most} at most are kept`,
  );
  const half = files.filter(
    ({ snapshot, modifiedAtMs }) =>
      nowMs - modifiedAtMs > 2 * DAY_MS &&
      !(
        files.some((one) => one.snapshot === snapshot && one.kind === 'snapshot') &&
        files.some((one) => one.snapshot === snapshot && one.kind === 'manifest')
      ),
  );
  judge.rule('B7', half.length > 0, () => `${half.map(({ key }) => key)} is of no snapshot, and stays`);
  const uploads = [...bucket.uploads.values()].filter(({ startedAtMs }) => nowMs - startedAtMs > 2 * DAY_MS);
  judge.rule('B7', uploads.length > 0, () => `${uploads.length} uploads of old stay`);
}
