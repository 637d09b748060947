import type { ClusterPlan } from '../../core/dns/plan.ts';
import { type DnsState, encodeDnsState, isEmptyState } from '../../core/dns/state.ts';
import { isOpen } from '../../core/dns/world.ts';
import { clusterPath, PARAMETER } from '../../core/names.ts';
import type { DnsPorts } from './ports.ts';

/**
 * The parameters `dns/<zone>` of one pass. Nothing is written when nothing changed; a memory with
 * nothing in it is deleted; where a cluster is not registered none is made (S54); and a freeze leaves it as it is.
 */
export class Memories {
  readonly #ports: Pick<DnsPorts, 'parameters'>;
  readonly #zoneId: string;
  readonly #texts = new Map<string, string | null>();

  constructor(ports: Pick<DnsPorts, 'parameters'>, zoneId: string) {
    this.#ports = ports;
    this.#zoneId = zoneId;
  }

  /** @throws {OperationError} it could not be written: what depends on it must not be done. */
  async write({ cluster }: ClusterPlan, state: DnsState): Promise<void> {
    if (!isOpen(cluster)) return;
    const last = this.#texts.get(cluster.name);
    const stands = last === undefined ? cluster.stateText : last;
    const text = isEmptyState(state) ? null : encodeDnsState(state);
    if (text === stands || (stands === null && cluster.standing !== 'registered')) return;
    const name = `${clusterPath(cluster.name)}${PARAMETER.dns}${this.#zoneId}`;
    if (text === null) await this.#ports.parameters.remove([name]);
    else await this.#ports.parameters.write(name, text);
    this.#texts.set(cluster.name, text);
  }
}
