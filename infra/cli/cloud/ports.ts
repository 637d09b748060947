import type { SourceBucket } from '../backup/source.ts';
import type { ChangeSet } from '../stacks/change-set.ts';
import type { StackEvent } from '../stacks/events.ts';
import type { Stack, StackResource } from '../stacks/stack.ts';

/** What the command line asks of CloudFormation. Every failure is a `Failure` in words. */
export interface StackPort {
  /** By name or id; `null` where there is none. A deleted stack is found by its id only. */
  find(nameOrId: string): Promise<Stack | null>;
  /** Every stack that is not deleted. */
  list(): Promise<readonly Stack[]>;
  resources(stackId: string): Promise<readonly StackResource[]>;
  /** Events that are not `known` yet, oldest first. */
  eventsSince(stackId: string, known: ReadonlySet<string>): Promise<readonly StackEvent[]>;
  /** Asks for the deletion; what refuses it is told in words. */
  remove(stackId: string): Promise<void>;
}

export interface ChangeSetRequest {
  readonly stack: string;
  readonly isNew: boolean;
  readonly templateText: string | null;
  readonly given: ReadonlyMap<string, string>;
  /** Parameters that keep the value they have. */
  readonly kept: readonly string[];
}

/** Where a change set was made: a new one brings its stack into being. */
export interface MadeChangeSet {
  readonly id: string;
  readonly stackId: string;
}

export interface ChangeSetPort {
  make(request: ChangeSetRequest): Promise<MadeChangeSet>;
  /** With all its changes, of all pages. */
  look(made: MadeChangeSet): Promise<ChangeSet>;
  execute(made: MadeChangeSet): Promise<void>;
  discard(made: MadeChangeSet): Promise<void>;
}

/** Waiting, and the time: tests give their own. */
export interface Clock {
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** An Auto Scaling group of a cluster, as far as it is shown. */
export interface GroupShape {
  readonly name: string;
  readonly cluster: string;
  readonly role: string;
  readonly stack: string | null;
  readonly metadata: string;
  readonly desired: number;
  readonly instances: readonly { readonly id: string; readonly inService: boolean; readonly type: string }[];
}

export interface GroupPort {
  /** Every group that says which cluster it belongs to, by name. */
  list(): Promise<readonly GroupShape[]>;
}

export interface ParameterPort {
  /** The values of those that exist. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export interface ZonePort {
  /** Its name without the last dot, `null` where there is none of that id. */
  nameOf(zone: string): Promise<string | null>;
}

/** Everything of the platform that a command works with. */
export interface Cloud {
  readonly stacks: StackPort;
  readonly changeSets: ChangeSetPort;
  readonly groups: GroupPort;
  readonly parameters: ParameterPort;
  readonly zones: ZonePort;
  readonly openBucket: (name: string) => SourceBucket;
  readonly clock: Clock;
  close(): void;
}
