import type { Groups } from '../groups.ts';
import { FleetError, type Group } from '../model.ts';
import { hookOf } from '../settings.ts';
import { record, text, textList } from '../wire.ts';
import { awaitCreation } from './creation.ts';
import { Job, type SignalStatus } from './job.ts';
import { creationPolicyOf, updatePolicyOf } from './policy.ts';
import { runStackRefresh } from './refresh.ts';
import { runRollingUpdate } from './rolling.ts';

type Properties = Readonly<Record<string, unknown>>;
/** Ended jobs that can still be asked for. */
const ENDED_MAX = 50;

/** What the stage asks for its stacks. Work that takes time is a job: its stack asks how far it is. */
export class StackService {
  readonly #groups: Groups;
  readonly #jobs = new Map<string, Job>();

  constructor(groups: Groups) {
    this.#groups = groups;
  }

  /** @throws {FleetError} a refusal, which fails the stack's resource */
  async serve(operation: string, body: Properties): Promise<unknown> {
    const name = text(body['name']);
    switch (operation) {
      case 'create-group':
        return this.#create(name, body);
      case 'update-group':
        return this.#update(name, body);
      case 'delete-group':
        await this.#groups.remove(name, true);
        return {};
      case 'put-hook':
        return this.#putHook(name, body);
      case 'delete-hook':
        return this.#dropHook(name, text(body['hookName']));
      case 'job':
        return this.#progress(text(body['id']), Number(body['from'] ?? 0));
      case 'signal':
        return { accepted: this.#signal(name, text(body['uniqueId']), text(body['status'])) };
      case 'cancel':
        for (const job of this.#working(name)) job.cancel();
        return {};
      default:
        throw new FleetError('NotFound', `no such operation: ${operation}`);
    }
  }

  /** Ends all that is at work; its stacks will not be answered. */
  stop(): void {
    for (const job of this.#jobs.values()) job.stop();
  }

  async #create(name: string, body: Properties): Promise<unknown> {
    const policy = creationPolicyOf(body['creationPolicy']);
    const group = await this.#groups.create(name, record(body['properties']));
    const tag = (key: string, value: unknown) => ({
      key: `aws:cloudformation:${key}`,
      value: text(value),
      propagate: true,
    });
    group.tags.push(
      tag('stack-name', body['stackName']),
      tag('logical-id', body['logicalId']),
      tag('stack-id', body['stackId']),
    );
    const job = policy && this.#start(new Job(name, true), (one) => awaitCreation(policy, one));
    return { arn: group.arn, job: job?.id ?? null };
  }

  /** Tags that CloudFormation or the autopilot put on the group outlive an update; those that the template dropped do not. */
  async #update(name: string, body: Properties): Promise<unknown> {
    const policy = updatePolicyOf(body['updatePolicy']);
    const before = this.#groups.get(name).tags;
    const group = await this.#groups.update(name, record(body['properties']));
    const dropped = textList(body['droppedTags']);
    const isKept = ({ key }: { key: string }): boolean =>
      !dropped.includes(key) && !group.tags.some((other) => other.key === key);
    group.tags = [...group.tags, ...before.filter(isKept)];
    const job = body['replaces'] === true ? this.#replaceAll(group, policy) : null;
    return { arn: group.arn, job: job?.id ?? null };
  }

  #replaceAll(group: Group, policy: ReturnType<typeof updatePolicyOf>): Job | null {
    switch (policy.kind) {
      case 'none':
        return null;
      case 'rolling':
        return this.#start(new Job(group.name, policy.waitsForSignals), (job) =>
          runRollingUpdate(this.#groups, group, policy, job),
        );
      case 'refresh':
        return this.#start(new Job(group.name, false), (job) =>
          runStackRefresh(this.#groups, group, policy, job),
        );
    }
  }

  #start(job: Job, work: (job: Job) => Promise<void>): Job {
    const ended = [...this.#jobs.values()].filter((one) => one.failure !== null);
    for (const old of ended.slice(0, Math.max(0, ended.length - ENDED_MAX))) this.#jobs.delete(old.id);
    this.#jobs.set(job.id, job);
    void job.run(work);
    return job;
  }

  #progress(id: string, from: number): unknown {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new FleetError('NotFound', `no such job: ${id}`);
    return { notes: job.notes.slice(from), failure: job.failure };
  }

  #signal(groupName: string, uniqueId: string, status: string): boolean {
    const known: SignalStatus | null = status === 'SUCCESS' || status === 'FAILURE' ? status : null;
    if (known === null)
      throw new FleetError('ValidationError', `Status must be SUCCESS or FAILURE, not ${status}`);
    return this.#working(groupName).some((job) => job.signal(uniqueId, known));
  }

  #working(groupName: string): readonly Job[] {
    return [...this.#jobs.values()].filter((job) => job.failure === null && job.groupName === groupName);
  }

  #putHook(name: string, body: Properties): unknown {
    const hook = hookOf(body['hook']);
    const group = this.#groups.get(name);
    group.hooks = [...group.hooks.filter((other) => other.name !== hook.name), hook];
    return {};
  }

  #dropHook(name: string, hookName: string): unknown {
    const group = this.#groups.all().find((one) => one.name === name);
    if (group !== undefined) group.hooks = group.hooks.filter((hook) => hook.name !== hookName);
    return {};
  }
}
