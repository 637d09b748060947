import type { StormApi } from './api.ts';
import { nameOfGroup, type Worker } from './crowd.ts';
import { TERMINATE_HOOKS } from './hooks.ts';
import type { Platform } from './platform.ts';
import type { StormEtcd } from './storm-etcd.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Lambda repeats an asynchronous invocation that failed after a minute, and once more after two. */
const PAUSES_MS = [60_000, 120_000];
export const BY_EVENT = 'a handler for each event';

/**
 * What is common where nobody coalesces: every event is worked on by itself. It reads the group for
 * its tags and the instance for its address, and writes what belongs to this one instance.
 */
export class ByEvent {
  /** Events whose handler failed three times: Lambda gives them up, and nothing is written for their instances. */
  lost = 0;
  pending = 0;
  invocations = 0;
  readonly #time: VirtualTime;
  readonly #api: StormApi;
  readonly #platform: Platform;
  readonly #etcd: StormEtcd;

  constructor(time: VirtualTime, api: StormApi, platform: Platform, etcd: StormEtcd) {
    this.#time = time;
    this.#api = api;
    this.#platform = platform;
    this.#etcd = etcd;
  }

  onEvent(worker: Worker, event: 'launched' | 'leaving'): void {
    this.pending += 1;
    this.#time.at(this.#time.nowMs(), async () => {
      const isDone = await this.#insist(worker, event === 'leaving');
      if (!isDone) this.lost += 1;
      this.pending -= 1;
    });
  }

  async #insist(worker: Worker, isLeaving: boolean): Promise<boolean> {
    for (let attempt = 0; attempt <= PAUSES_MS.length; attempt += 1) {
      this.invocations += 1;
      const isDone = await this.#handle(worker, isLeaving).then(
        () => true,
        () => false,
      );
      if (isDone) return true;
      await this.#time.sleep(PAUSES_MS[attempt] ?? 0);
    }
    return false;
  }

  async #handle({ id, group, ip }: Worker, isLeaving: boolean): Promise<void> {
    const filter = { Name: 'tag:etcd-autopilot:cluster', Values: ['core'] };
    await this.#call('autoscaling:DescribeAutoScalingGroups', { Filters: [filter] });
    await this.#call('ec2:DescribeInstances', { InstanceIds: [id] });
    const set = {
      Name: nameOfGroup(group),
      Type: 'A',
      SetIdentifier: id,
      MultiValueAnswer: true,
      TTL: 30,
      ResourceRecords: [{ Value: ip }],
    };
    const Action = isLeaving ? 'DELETE' : 'UPSERT';
    const ChangeBatch = { Changes: [{ Action, ResourceRecordSet: set }] };
    await this.#call('route53:ChangeResourceRecordSets', { ChangeBatch });
    await this.#etcd.put(`/etcd-autopilot/machines/${id}`, isLeaving ? null : ip);
    for (const LifecycleHookName of isLeaving ? TERMINATE_HOOKS : [])
      await this.#call('autoscaling:CompleteLifecycleAction', { InstanceId: id, LifecycleHookName });
  }

  #call(call: Parameters<Platform['answer']>[0], input: Parameters<Platform['answer']>[1]): Promise<object> {
    const weight = this.#platform.weightOf(call, input);
    return this.#api.call(BY_EVENT, call, () => this.#platform.answer(call, input), { weight });
  }
}
