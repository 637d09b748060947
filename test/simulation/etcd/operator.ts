import { adding, type Change, moving, promoting, removing, STRICT } from './changes.ts';
import type { FakeEtcdWorld } from './fake-etcd.ts';
import type { FakeEtcd } from './member.ts';

/** What etcdctl prints when it does not work; `null`: it worked. */
export type Refusal = string | null;

/** Somebody with etcdctl, who asks the leader and knows nothing of permits and rules. */
export class Operator {
  readonly #world: FakeEtcdWorld;

  constructor(world: FakeEtcdWorld) {
    this.#world = world;
  }

  /** `etcdctl member add`: a voter, unless told otherwise; its id is what the member list says then. */
  add(peerUrl: string, isLearner = false): Refusal {
    return this.#ask(
      (leader) => STRICT.add(this.#world, leader, isLearner) ?? adding(this.#world, peerUrl, isLearner),
    );
  }

  remove(id: string): Refusal {
    return this.#ask((leader) => STRICT.remove(this.#world, leader, id) ?? removing(this.#world, id));
  }

  promote(id: string): Refusal {
    return this.#ask((leader) => promoting(this.#world, leader, id));
  }

  moveLeader(to: string): Refusal {
    return this.#ask((leader) => moving(this.#world, leader, to));
  }

  /** `etcdctl member update` of a learner: some releases show it as a voter ever after. */
  update(id: string): Refusal {
    const member = this.#world.members.find((one) => one.id === id);
    if (member === undefined) return 'member not found';
    if (member.isLearner && !this.#world.family.keepsLearnerFlag) member.hasStaleFlag = true;
    return null;
  }

  /** `etcdctl del` of the permit's key, whoever holds it. */
  deletePermit(): void {
    this.#world.permit = null;
  }

  #ask(work: (leader: FakeEtcd) => Change | string): Refusal {
    this.#world.elect();
    const { leaderId } = this.#world;
    const leader = leaderId === null ? undefined : this.#world.processOf(leaderId);
    if (leader === undefined) return 'no leader';
    const change = work(leader);
    if (typeof change === 'string') return change;
    change.apply();
    this.#world.commit();
    return null;
  }
}
