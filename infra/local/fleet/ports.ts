import type { Instance, LaunchTemplate, Place, TemplateRef, Waits } from './model.ts';
import type { Targets } from './targets.ts';

/** What fleet asks of the rest of the region. */
export interface StagePort {
  /** @throws when the template or its version does not exist */
  readonly template: (ref: TemplateRef) => Promise<LaunchTemplate>;
  readonly places: (subnetIds: readonly string[]) => Promise<readonly Place[]>;
  /**
   * Calls a function and waits for what it returns.
   *
   * @throws when there is no such function, it fails, or it takes longer than `timeoutMs`
   */
  readonly invoke: (functionArn: string, payload: object, timeoutMs: number) => Promise<unknown>;
  /** Sends an event of Auto Scaling, in order, without waiting. */
  readonly publish: (detailType: string, groupArn: string, detail: Readonly<Record<string, unknown>>) => void;
}

/** The process trees that play the machines. */
export interface MachinesPort {
  /** A loopback address that no machine of this region uses. */
  readonly allocate: () => string;
  readonly start: (instance: Instance) => Promise<void>;
  /** Lets the operating system shut down, then takes the power away. */
  readonly stop: (instanceId: string, graceMs: number) => Promise<void>;
  /** Empties the disk of a machine that is stopped; its next start is a first boot. */
  readonly clear: (instanceId: string) => void;
}

export interface World {
  readonly stage: StagePort;
  readonly targets: Targets;
  readonly machines: MachinesPort;
  readonly waits: Waits;
  /** Whether an instance that EC2 already terminated still passes its group's terminate hooks. */
  readonly hooksForGone: boolean;
  readonly region: string;
  readonly account: string;
  readonly log: (line: string) => void;
}
