import { fileAt, manifestKey, verifiedKey } from '../../../functions/core/backup/keys.ts';
import { readJson } from '../rules/truth.ts';
import { heldIn, shaOf } from './database.ts';
import { type CareWorld, FOLDER, PATH } from './world.ts';

const DAY_MS = 86_400_000;

/** The rules of what is kept; B0: a function fails in a way that nobody foresaw. */
export const CARE_RULES = ['B0', 'B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7'] as const;
export type CareRule = (typeof CARE_RULES)[number];

/** Judges what is written into the bucket, and taken away, by what truly lies there. */
export class CareJudge {
  readonly violations: string[] = [];
  readonly judged: Record<CareRule, number> = { B0: 0, B1: 0, B2: 0, B3: 0, B4: 0, B5: 0, B6: 0, B7: 0 };
  readonly #world: CareWorld;
  /** Restorable ones that the parameter named once. */
  readonly #told = new Set<string>();

  constructor(world: CareWorld) {
    this.#world = world;
  }

  object(rule: CareRule, words: string): void {
    this.rule(rule, true, () => words);
  }

  rule(rule: CareRule, isBroken: boolean, words: () => string): void {
    this.judged[rule] += 1;
    if (!isBroken) return;
    const text = `${rule}: ${words()}`;
    this.violations.push(text);
    this.#world.tell(`XXX ${text}`);
  }

  readonly onPut = (key: string, bytes: Uint8Array): void => {
    const config = this.#world.configOf();
    const isStill = config['frozen'] === true || this.#world.parameters.has(`${PATH}teardown`);
    const file = fileAt(FOLDER, key);
    this.rule('B5', file === null, () => `${key} is written, which is no file of a snapshot`);
    if (file === null) return;
    if (file.kind === 'snapshot')
      this.rule('B6', isStill, () => `${key} is written while the cluster is frozen or deleted`);
    if (file.kind === 'manifest') this.#judgeManifest(file.snapshot, Buffer.from(bytes).toString('utf8'));
    if (file.kind === 'verified') this.#judgeVerified(file.snapshot, Buffer.from(bytes).toString('utf8'));
  };

  /** B2: a manifest stands beside a whole database of this cluster, and promises no more than is in it. */
  #judgeManifest(key: string, text: string): void {
    const manifest = readJson(text);
    const bytes = this.#world.bucket.objects.get(key)?.bytes;
    const held = bytes === undefined ? null : heldIn(bytes);
    this.rule('B2', held === null, () => `${key} gets a manifest, and is no whole database`);
    if (held === null || bytes === undefined || manifest === null) return;
    const isSame = manifest['sha256'] === shaOf(bytes) && manifest['sizeBytes'] === bytes.length;
    this.rule('B2', !isSame, () => `the manifest of ${key} is of other bytes`);
    const isOurs = held.clusterId === this.#world.etcd.clusterId && manifest['clusterId'] === held.clusterId;
    this.rule('B2', !isOurs, () => `${key} is of cluster ${held.clusterId}`);
    const isPromised = BigInt(String(manifest['atRevision'])) > BigInt(held.revision);
    this.rule(
      'B2',
      isPromised,
      () => `${key} promises revision ${manifest['atRevision']}, and ends at ${held.revision}`,
    );
    const member = this.#world.etcd.members.find(({ id }) => id === held.memberId);
    this.rule('B2', member?.isLearner === true, () => `${key} is of a learner`);
    const isAlarmed = this.#world.etcd.alarms.get(held.memberId) === 'CORRUPT';
    this.rule('B2', isAlarmed, () => `${key} is of a member that calls itself corrupt`);
  }

  /** B3: "restorable" is said of what is, and of nothing else. */
  #judgeVerified(key: string, text: string): void {
    const verified = readJson(text);
    const bytes = this.#world.bucket.objects.get(key)?.bytes;
    const held = bytes === undefined ? null : heldIn(bytes);
    this.rule(
      'B3',
      verified?.['restorable'] === true && held === null,
      () => `${key} is called restorable, and is not`,
    );
  }

  /** B1: what is removed is ours, and never the last good one; what a recovery captured stays for a month. */
  readonly onRemove = (keys: readonly string[]): void => {
    if (keys.length === 0) return;
    const foreign = keys.filter((key) => fileAt(FOLDER, key) === null);
    this.rule('B5', foreign.length > 0, () => `${foreign} is removed, which is no file of a snapshot`);
    const [before, after] = [this.good(), this.good(new Set(keys))];
    this.rule('B1', before.length > 0 && after.length === 0, () => `${keys} is removed, the last good one`);
    const [proven, left] = [before, after].map((all) => all.filter((key) => this.isProven(key)));
    const isLast = (proven ?? []).length > 0 && (left ?? []).length === 0;
    this.rule('B1', isLast, () => `${keys} is removed, the last restorable one`);
    const kept = keys.filter((key) => this.#isCaptured(key));
    this.rule('B1', kept.length > 0, () => `${kept} is removed, which a recovery captured`);
  };

  /** Snapshots that could be restored now, by key: whole, and as their manifests say. */
  good(without: ReadonlySet<string> = new Set()): readonly string[] {
    const { bucket } = this.#world;
    return [...bucket.objects].flatMap(([key, { bytes }]) => {
      if (fileAt(FOLDER, key)?.kind !== 'snapshot' || without.has(key) || without.has(manifestKey(key)))
        return [];
      const held = heldIn(bytes);
      const manifest = readJson(bucket.textAt(manifestKey(key)) ?? undefined);
      return held !== null && manifest?.['sha256'] === shaOf(bytes) ? [key] : [];
    });
  }

  isProven(key: string): boolean {
    return readJson(this.#world.bucket.textAt(verifiedKey(key)) ?? undefined)?.['restorable'] === true;
  }

  #isCaptured(key: string): boolean {
    const snapshot = fileAt(FOLDER, key)?.snapshot ?? '';
    const manifest = readJson(this.#world.bucket.textAt(manifestKey(snapshot)) ?? undefined);
    const ageMs = this.#world.nowMs - Date.parse(String(manifest?.['takenAt']));
    return manifest?.['origin'] === 'recovery' && ageMs < 29 * DAY_MS;
  }

  /** B4: what the parameter newly calls restorable lies there, was verified, and is as good as it says. */
  written(name: string, text: string): void {
    if (name !== 'backup') return;
    this.rule('B4', text.length > 4_096, () => `the parameter has ${text.length} characters`);
    const { key, sha256 } = Object(readJson(text)?.['restorable']);
    const stood = Object(readJson(this.#world.parameters.get(PATH + name))?.['restorable']);
    const words = `${key} ${sha256}`;
    // What stood there is repeated with what is news, until the bucket is listed again.
    if (key === undefined || words === `${stood.key} ${stood.sha256}` || this.#told.has(words)) return;
    this.#told.add(words);
    const object = this.#world.bucket.objects.get(String(key));
    this.rule('B4', object === undefined, () => `${key} is told to be restorable, and is not there`);
    this.rule(
      'B4',
      !this.isProven(String(key)),
      () => `${key} is told to be restorable, and nobody verified it`,
    );
    const manifest = readJson(this.#world.bucket.textAt(manifestKey(String(key))) ?? undefined);
    this.rule(
      'B4',
      manifest?.['sha256'] !== sha256,
      () => `${key} is told with another checksum than its own`,
    );
  }
}
