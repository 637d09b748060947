import type { Change } from '@aws-sdk/client-route-53';
import type { AwsCall } from '../../../functions/adapters/aws-calls.ts';
import { type Crowd, groupsOf, hostOf } from './crowd.ts';
import { activitiesOf, answerHook, HOOKS } from './hooks.ts';
import { text } from './text.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { StormZone } from './zone.ts';

/** The calls that are made in a storm. */
export type StormCall = Extract<
  AwsCall,
  | `autoscaling:Describe${'AutoScalingGroups' | 'LifecycleHooks' | 'ScalingActivities'}`
  | 'autoscaling:CompleteLifecycleAction'
  | 'autoscaling:RecordLifecycleActionHeartbeat'
  | `ec2:Describe${'Instances' | 'InstanceStatus' | 'SpotInstanceRequests'}`
  | `route53:${string}`
  | `ssm:${'GetParametersByPath' | 'GetParameters' | 'PutParameter'}`
>;
export type Input = Readonly<Record<string, unknown>>;

const PARAMETERS_PER_PAGE = 10;

/** The state of the account, and what each call answers from it. */
export class Platform {
  readonly parameters: Map<string, string>;
  readonly #nowMs: () => number;
  readonly #crowd: Crowd;
  readonly #zone: StormZone;

  constructor(time: VirtualTime, crowd: Crowd, zone: StormZone, parameters: ReadonlyMap<string, string>) {
    this.#nowMs = () => time.nowMs();
    this.#crowd = crowd;
    this.#zone = zone;
    this.parameters = new Map(parameters);
  }

  /** Record sets of a change, which have a limit of their own. */
  weightOf(call: StormCall, input: Input): number {
    return call === 'route53:ChangeResourceRecordSets' ? changesOf(input).length : 0;
  }

  /** `items`: how much there was to send or to read. */
  answer(call: StormCall, input: Input): { readonly items: number; readonly value: object } {
    switch (call) {
      case 'autoscaling:DescribeAutoScalingGroups':
        return this.#groups(input);
      case 'ec2:DescribeInstances':
        return this.#instances(input);
      case 'ec2:DescribeInstanceStatus':
        return { items: 0, value: { InstanceStatuses: [] } };
      case 'ec2:DescribeSpotInstanceRequests':
        return { items: 0, value: { SpotInstanceRequests: [] } };
      case 'route53:ListResourceRecordSets': {
        const { StartRecordName: name, StartRecordType: type, StartRecordIdentifier: identifier } = input;
        const page = this.#zone.list({ name: text(name), type: text(type), identifier: text(identifier) });
        return { items: page.ResourceRecordSets.length, value: page };
      }
      case 'route53:ChangeResourceRecordSets': {
        const changes = changesOf(input);
        return { items: changes.length, value: this.#zone.change(changes) };
      }
      case 'route53:GetHostedZone':
        return { items: 1, value: this.#zone.describe() };
      case 'route53:GetChange':
        return { items: 1, value: this.#zone.progress(text(input['Id'])) };
      case 'ssm:GetParametersByPath':
        return this.#page(input);
      case 'ssm:PutParameter':
        this.parameters.set(text(input['Name']), text(input['Value']));
        return { items: 1, value: { Version: 1 } };
      case 'autoscaling:DescribeLifecycleHooks':
        return { items: 1, value: HOOKS };
      case 'autoscaling:DescribeScalingActivities':
        return activitiesOf(this.#crowd, input);
      case 'autoscaling:RecordLifecycleActionHeartbeat':
        return answerHook(this.#crowd, input, (hook) => hook.extend(this.#nowMs()));
      case 'autoscaling:CompleteLifecycleAction':
        return answerHook(this.#crowd, input, (hook) => hook.complete());
      case 'ssm:GetParameters':
        return { items: 0, value: { Parameters: [] } };
    }
  }

  #groups({ Filters }: Input): { readonly items: number; readonly value: object } {
    const [filter] = Array.isArray(Filters) ? Filters : [];
    const key = String(Object(filter).Name).replace(/^tag:/, '');
    const [wanted] = Object(filter).Values ?? [];
    const groups = groupsOf(this.#crowd).filter(({ Tags = [] }) =>
      Tags.some(({ Key, Value }) => Key === key && Value === wanted),
    );
    const items = groups.reduce((sum, { Instances = [] }) => sum + Instances.length, 0);
    return { items, value: { AutoScalingGroups: groups } };
  }

  #instances({ InstanceIds }: Input): { readonly items: number; readonly value: object } {
    const ids = new Set<unknown>(Array.isArray(InstanceIds) ? InstanceIds : []);
    const hosts = [...this.#crowd.members, ...this.#crowd.workers]
      .filter(({ id }) => ids.has(id))
      .map(hostOf);
    return { items: hosts.length, value: { Reservations: [{ Instances: hosts }] } };
  }

  #page({ Path, NextToken }: Input): { readonly items: number; readonly value: object } {
    const names = [...this.parameters.keys()].filter((name) => name.startsWith(`${text(Path)}/`)).sort();
    const start = Number(NextToken ?? 0);
    const page = names.slice(start, start + PARAMETERS_PER_PAGE);
    const next = start + page.length;
    const value = {
      Parameters: page.map((Name) => ({ Name, Value: this.parameters.get(Name) })),
      ...(next < names.length ? { NextToken: String(next) } : {}),
    };
    return { items: page.length, value };
  }
}

/** The input of a command that the adapter built; its types are those of the SDK. */
function changesOf({ ChangeBatch }: Input): readonly Change[] {
  const { Changes } = Object(ChangeBatch);
  return Array.isArray(Changes) ? Changes : [];
}
