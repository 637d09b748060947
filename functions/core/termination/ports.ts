import type { InstanceId } from '../identity.ts';

/** A group as the choice needs it: who is how, of which launch template, and who is protected. */
export interface LeavingGroup {
  readonly name: string;
  readonly desiredCapacity: number;
  readonly deleting: boolean;
  readonly tags: ReadonlyMap<string, string>;
  /** The launch template that the group launches from now; `null`: it has none of its own (a mix may have several). */
  readonly templateId: string | null;
  readonly instances: readonly LeavingInstance[];
}

export interface LeavingInstance {
  readonly id: InstanceId;
  /** As Auto Scaling writes it. */
  readonly lifecycle: string;
  readonly zone: string;
  readonly health: string;
  /** Protected from scale-in. */
  readonly isProtected: boolean;
  /** What it was launched from; `null`: a launch configuration, or nothing that is told. */
  readonly template: { readonly id: string; readonly version: number } | null;
}

export interface LeavingPort {
  /** `null`: Auto Scaling answered, and knows no group of this name. */
  readGroup(groupName: string): Promise<LeavingGroup | null>;
}

/** Parameters by their names: what is needed of a cluster is four texts, and its path may hold dozens. */
export interface NamedPort {
  /** Those of `names` that exist. A name that is not in the answer does not exist. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
