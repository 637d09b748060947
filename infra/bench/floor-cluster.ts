import { Agent } from 'node:http';
import { isRecord } from '../../functions/core/json.ts';
import { type Json, listOf } from '../demo/etcd-http.ts';
import type { View } from '../demo/look.ts';
import { FloorMember, type FloorPlace } from './floor-member.ts';
import { addGhost, insist, memberId } from './insist.ts';

/**
 * A cluster of plain etcd processes, changed by hand: only what etcd itself makes unavoidable, and nothing is waited
 * for but etcd.
 */
export class FloorCluster {
  readonly #place: FloorPlace;
  readonly #addressOf: () => string;
  readonly #agent = new Agent({ keepAlive: true });
  members: FloorMember[] = [];
  #serial = 0;

  constructor(place: FloorPlace, addressOf: () => string) {
    this.#place = place;
    this.#addressOf = addressOf;
  }

  /** Starts the founders; returns at once. */
  found(size: number): void {
    this.members = Array.from({ length: size }, () => this.#next());
    const initialCluster = this.members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
    const token = `floor-${process.pid}-${performance.now()}`;
    for (const member of this.members) member.start({ initialCluster, state: 'new', token });
  }

  get endpoints(): readonly string[] {
    return this.members.filter(({ isRunning }) => isRunning).map(({ clientUrl }) => clientUrl);
  }

  get views(): readonly View[] {
    return this.members.map(({ view }) => view);
  }

  member(name: string | null): FloorMember {
    const found = this.members.find((one) => one.name === name) ?? this.members[0];
    if (found === undefined) throw new Error('the floor has no members');
    return found;
  }

  /** Adds a learner, starts it, and makes it a voter. */
  async join(via: FloorMember): Promise<FloorMember> {
    const member = this.#next();
    const answer = await this.#insist(via, 'cluster/member/add', {
      peerURLs: [member.peerUrl],
      isLearner: true,
    });
    const added = isRecord(answer['member']) ? String(answer['member']['ID']) : '';
    // Who has not started has no name: that is the newcomer itself.
    const initialCluster = listOf(answer['members'])
      .map((one) => `${String(one['name'] ?? '') || member.name}=${String(listedUrl(one))}`)
      .join(',');
    this.members.push(member);
    member.start({ initialCluster, state: 'existing', token: 'joins' });
    await this.#insist(via, 'cluster/member/promote', { ID: added });
    return member;
  }

  async moveLeader(from: FloorMember, to: FloorMember): Promise<void> {
    const targetID = await this.#idOf(from, (one) => one['name'] === to.name);
    await this.#insist(from, 'maintenance/transfer-leadership', { targetID });
  }

  async remove(via: FloorMember, member: FloorMember): Promise<void> {
    const ID = await this.#idOf(via, (one) => one['name'] === member.name);
    await this.#insist(via, 'cluster/member/remove', { ID });
  }

  async addGhost(via: FloorMember): Promise<void> {
    await addGhost(this.#agent, via.clientUrl, `http://${this.#addressOf()}:2380`);
  }

  async removeGhost(via: FloorMember): Promise<void> {
    const ID = await this.#idOf(via, (one) => String(one['name'] ?? '') === '');
    await this.#insist(via, 'cluster/member/remove', { ID });
  }

  /** Ends those who are no members any more, and forgets them. */
  async discard(...gone: readonly FloorMember[]): Promise<void> {
    this.members = this.members.filter((member) => !gone.includes(member));
    await Promise.all(gone.map((member) => member.discard()));
  }

  async close(): Promise<void> {
    await this.discard(...this.members);
    this.#agent.destroy();
  }

  #next(): FloorMember {
    this.#serial += 1;
    return new FloorMember(this.#place, `f${this.#serial}`, this.#addressOf());
  }

  #idOf(via: FloorMember, isMeant: (member: Json) => boolean): Promise<string> {
    return memberId(this.#agent, via.clientUrl, isMeant);
  }

  #insist(via: FloorMember, path: string, body: object): Promise<Json> {
    return insist(this.#agent, via.clientUrl, path, body);
  }
}

const listedUrl = (member: Json): unknown =>
  Array.isArray(member['peerURLs']) ? member['peerURLs'][0] : undefined;
