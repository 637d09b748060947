import { GetObjectCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { decodeBackup } from '../../../functions/core/backup/parameter.ts';
import { decodeSight } from '../../../functions/core/checks/sight.ts';
import { isRecord, parseJson } from '../../../functions/core/json.ts';
import { decodeDone } from '../../../functions/core/recovery/done.ts';
import { openEtcdHttp } from '../../../infra/demo/etcd-http.ts';
import { Writer } from '../../../infra/demo/writer.ts';
import type { Control } from '../../../infra/local/control-client.ts';
import type { Clients } from '../clients.ts';
import { type TestCluster, type Theatre, until } from '../stage.ts';

const CLUSTER = 'core';

interface Stage {
  readonly theatre: Theatre;
  readonly clients: Clients;
  readonly control: Control;
}

/** A cluster of three under load, and what is asked of it before and after the worst. */
export class Ground {
  readonly control: Control;
  /** What was not as it should be. */
  readonly failures: string[] = [];
  readonly #stage: Stage;
  readonly #cluster: TestCluster;
  readonly #objects: S3Client;
  readonly #etcd = openEtcdHttp();
  readonly #writers: Writer[] = [];

  constructor(stage: Stage, cluster: TestCluster) {
    this.#stage = stage;
    this.control = stage.control;
    this.#cluster = cluster;
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const { endpoint, region } = stage.theatre.region;
    this.#objects = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    this.resume();
  }

  async close(): Promise<void> {
    await this.pause();
    this.#etcd.close();
    this.#objects.destroy();
  }

  /** Writes from now on, every 20 ms; each pause begins another count. */
  resume(): void {
    const prefix = `/load/${this.#writers.length}/`;
    const writer = new Writer(this.#etcd, async () => (await this.#cluster.stage.see()).endpoints, prefix);
    writer.beginStep();
    writer.start();
    this.#writers.push(writer);
  }

  async pause(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.stop()));
  }

  async votersLeaderFirst(): Promise<readonly string[]> {
    const { status } = await this.#cluster.stage.see();
    const names = (status?.voters ?? []).map(({ name }) => name);
    return [status?.leader ?? '', ...names.filter((name) => name !== status?.leader)];
  }

  async revision(): Promise<bigint> {
    const { endpoints } = await this.#cluster.stage.see();
    const { out } = await this.#stage.clients.etcdctl(endpoints[0] ?? '', 'get', '/none', '--write-out=json');
    const answer = parseJson(out);
    const header = isRecord(answer) ? answer['header'] : null;
    return BigInt(isRecord(header) ? String(header['revision']) : '0');
  }

  async memberIds(): Promise<string> {
    return (await this.#cluster.members())
      .map(({ id }) => id)
      .sort()
      .join();
  }

  /** Checks have written down that the cluster had come at least so far. */
  async untilSeen(revision: bigint): Promise<void> {
    await until(`sight.json tells of revision ${revision}`, 150, async () => {
      const sight = decodeSight(await this.#sight());
      return sight !== null && BigInt(sight.revision) >= revision;
    });
  }

  async #sight(): Promise<string | null> {
    const { Buckets = [] } = await this.#objects.send(new ListBucketsCommand({}));
    for (const { Name } of Buckets) {
      const Key = `etcd-autopilot/${CLUSTER}/sight.json`;
      const found = await this.#objects.send(new GetObjectCommand({ Bucket: Name, Key })).catch(() => null);
      if (found?.Body !== undefined) return found.Body.transformToString();
    }
    return null;
  }

  /** Takes a snapshot, and waits until it was restored for proof. */
  async backup(): Promise<void> {
    const ran = await this.#stage.clients.cli('backup', 'now', '--cluster', CLUSTER, '--json');
    this.#expect(ran.code === 0, `backup now ended with ${ran.code}: ${ran.err}`);
    await until('a snapshot was restored for proof', 120, async () => {
      const record = decodeBackup(await this.#textOf('backup'));
      return record?.restorable != null;
    });
  }

  async untilWritable(sinceMs: number, seconds: number): Promise<void> {
    const writer = this.#writers.at(-1);
    const before = writer?.writes.filter(isAcked).length ?? 0;
    await until('a write is acknowledged again', seconds, async () => {
      return (writer?.writes.filter((write) => isAcked(write) && write[0] > sinceMs).length ?? 0) > 0;
    });
    this.#tell(`writable again after ${secondsSince(sinceMs)} s (${before} writes before)`);
  }

  async untilWhole(seconds: number, sinceMs: number): Promise<void> {
    await this.#cluster.untilWhole(3, seconds);
    this.#tell(`three voters again after ${secondsSince(sinceMs)} s`);
  }

  async untilHealth(health: string, seconds: number): Promise<void> {
    await until(`its health is ${health}`, seconds, async () => {
      const status = parseJson(await this.#textOf('status'));
      return isRecord(status) && status['health'] === health;
    });
  }

  /** What the tool said is lost, beside what is; `last`: the revision after which nobody wrote. */
  async tellLoss(last: bigint | null): Promise<void> {
    await until('the loss is told', 60, async () => (await this.#textOf('recovery/2/done')) !== '');
    const done = decodeDone(await this.#textOf('recovery/2/done'));
    const { acked, missing } = await this.#count();
    this.#tell(`said: ${done?.text}`);
    this.#tell(`is: ${missing} of ${acked} acknowledged writes are not there any more`);
    const said = BigInt(done?.lostAtLeast ?? '0');
    this.#expect(done?.outcome === 'recovered', 'it is not told as recovered');
    this.#expect(/may be lost/.test(done?.text ?? ''), 'it does not say that more may be lost');
    if (last === null) return this.#expect(said <= BigInt(missing), `said ${said}, and ${missing} are lost`);
    const truth = last - BigInt(done?.restoredRevision ?? '0');
    this.#tell(`in revisions: said ${said}, is ${truth}`);
    this.#expect(said === truth, `said ${said}, and ${truth} revisions are lost`);
  }

  async tellWrites(): Promise<void> {
    const { acked, missing } = await this.#count();
    this.#tell(`${missing} of ${acked} acknowledged writes are not there any more`);
    this.#expect(missing === 0, `${missing} writes are lost`);
  }

  async #count(): Promise<{ readonly acked: number; readonly missing: number }> {
    await this.pause();
    const lost = await Promise.all(this.#writers.map((writer) => writer.lostByStep()));
    const acked = this.#writers.reduce((sum, writer) => sum + writer.countOf(0).ackedWrites, 0);
    return { acked, missing: lost.flat().reduce((sum, count) => sum + count, 0) };
  }

  /** A client that goes on from a revision of before is told that it is gone, and does not wait for ever. */
  async expectOldRevisionRefused(old: bigint): Promise<void> {
    const { endpoints } = await this.#cluster.stage.see();
    const { clients } = this.#stage;
    for (const command of [
      ['get', '/load/', '--prefix', `--rev=${old}`],
      ['watch', '/load/', '--prefix', `--rev=${old}`],
    ]) {
      const { out, err } = await clients.etcdctl(endpoints[0] ?? '', ...command);
      const line = `${out} ${err}`.trim().split('\n').at(-1);
      this.#tell(`etcdctl ${command.join(' ')}: ${line}`);
      this.#expect(/compacted/.test(`${out} ${err}`), `${command[0]} of revision ${old} is not refused`);
    }
  }

  /** The operator's command line says so, and ends so. */
  async recover(code: number, words: string, ...args: readonly string[]): Promise<void> {
    const ran = await this.#stage.clients.cli('recover', '--cluster', CLUSTER, ...args);
    process.stdout.write(ran.out + ran.err);
    this.#expect(ran.code === code, `recover ended with ${ran.code}`);
    this.#expect(ran.out.includes(words), `recover does not say "${words}"`);
  }

  async expectSameMembers(before: string): Promise<void> {
    const now = await this.memberIds();
    this.#tell(`members before ${before}, now ${now}`);
    this.#expect(now === before, 'the members changed');
  }

  async expectNoRecovery(): Promise<void> {
    const names = [...(await this.#stage.clients.parametersOf(CLUSTER)).keys()];
    this.#expect(
      names.every((name) => !/^(recovery|claims)\//.test(name)),
      `there is ${names.join()}`,
    );
  }

  async #textOf(name: string): Promise<string> {
    return (await this.#stage.clients.parametersOf(CLUSTER)).get(name)?.value ?? '';
  }

  #tell(words: string): void {
    process.stdout.write(`show: ${words}\n`);
  }

  #expect(isTrue: boolean, words: string): void {
    if (isTrue) return;
    this.failures.push(words);
    this.#tell(`WRONG: ${words}`);
  }
}

const isAcked = ([, , acked]: Writer['writes'][number]): boolean => acked === 1;
const secondsSince = (sinceMs: number): string => ((performance.now() - sinceMs) / 1_000).toFixed(1);

export async function openGround(stage: Stage, recovery: string): Promise<Ground> {
  const cluster = await stage.theatre.cluster(CLUSTER, 3, { Recovery: recovery });
  await cluster.untilWhole(3, 90);
  return new Ground(stage, cluster);
}
