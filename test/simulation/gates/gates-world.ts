import type { Fate } from '../history/fate.ts';
import { HistoryWorld } from '../history/history-world.ts';
import { CLUSTER, PATH } from '../world/fake-world.ts';
import type { FakeInstance } from '../world/instance.ts';
import { CapturedTruth } from './captured-truth.ts';
import { Errands } from './errands.ts';
import { GateRequests } from './gate-requests.ts';
import { TerminationFunction } from './policy.ts';
import { RebootClients } from './reboot-clients.ts';
import { RollingUpdate } from './rolling-update.ts';
import { suffer } from './suffer.ts';

/** A cluster whose nodes are taken by choice: by updates with gates, by a termination policy, by reboot clients. */
export class GatesWorld extends HistoryWorld {
  readonly errands = new Errands(
    () => this.nowMs,
    (error) =>
      this.etcd.violations.push(`a function failed: ${error instanceof Error ? error.stack : error}`),
  );
  readonly truth = new CapturedTruth();
  override readonly termination = new TerminationFunction(this);
  readonly gates = new GateRequests(this);
  readonly rolling = new RollingUpdate(this);
  readonly reboots = new RebootClients(this);
  /** Gates, the policy and clients ask for looks all the time. */
  override readonly passesMax = 4_000;
  /** Launch template versions by instance. */
  readonly templates = new Map<string, number>();
  templateVersion = 1;

  constructor(fate: Fate) {
    super(fate);
    this.termination.isOn = true;
  }

  override get hasErrands(): boolean {
    return this.errands.areRunning;
  }

  override runErrands(): Promise<void> {
    return this.errands.turn();
  }

  override launch(zone?: string): FakeInstance {
    const instance = zone === undefined ? super.launch() : super.launch(zone);
    this.templates.set(instance.id, this.templateVersion);
    return instance;
  }

  override tick(): void {
    super.tick();
    this.truth.sample(this);
    this.gates.tick();
    this.rolling.tick();
    this.reboots.tick();
  }

  override unfinished(): readonly string[] {
    const refresh = this.refresh.isRunning ? ['an instance refresh runs'] : [];
    return [
      ...refresh,
      ...this.gates.unfinished(),
      ...this.rolling.unfinished(),
      ...this.reboots.unfinished(),
    ];
  }

  /** What came up, for the summary. */
  figures(): Readonly<Record<string, number>> {
    const named = (what: string, counts: Readonly<Record<string, number>>) =>
      Object.entries(counts).map(([name, count]) => [`${what} ${name}`, count] as const);
    return Object.fromEntries([
      ...named('update', this.rolling.ends),
      ...named('gate', this.gates.counts),
      ...named('policy', this.termination.counts),
      ...named('reboot', this.reboots.counts),
    ]);
  }

  break(rule: string, words: string): void {
    this.etcd.violations.push(`${rule}: ${words}`);
  }

  /** The parameters of the cluster by their full names, as Parameter Store tells them now. */
  readNamed(names: readonly string[]): ReadonlyMap<string, string> {
    suffer(this, 'parameters.readNamed');
    const shown = this.replicas.parameters.read(this.nowMs, () => this.parameters.under(PATH));
    const found = names.flatMap((name) => {
      const value = shown.get(name.slice(PATH.length)) ?? shown.get(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return new Map(found);
  }

  askForLook(body: string): void {
    suffer(this, 'queue.askForLook');
    this.looks.push(body);
    this.mail.ask(this, body);
  }
}

export { CLUSTER, PATH };
