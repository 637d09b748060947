import { quorumOf } from '../../../functions/core/quorum.ts';
import type { FakeWorld } from '../world/fake-world.ts';

/** What was truly so, second by second: nobody can be blamed for what broke after the look that he acted on. */
export class CapturedTruth {
  /** When the cluster could last bear one more failure. */
  heldAtMs = 0;
  /** When each voter last served. */
  readonly servedAtMs = new Map<string, number>();
  /** Since when the leader leads. */
  leaderName = '';
  leadsSinceMs = 0;

  sample(world: FakeWorld): void {
    const { etcd, nowMs } = world;
    const running = etcd.running();
    for (const { id, name } of etcd.members) if (running.has(id)) this.servedAtMs.set(name, nowMs);
    if (world.leaderName !== this.leaderName) {
      this.leaderName = world.leaderName;
      this.leadsSinceMs = nowMs;
    }
    if (holds(world, running)) this.heldAtMs = nowMs;
  }
}

/** Everybody votes and serves, there are as many as the group wants, and one more may fail (but of one, none may). */
function holds({ etcd, desired }: FakeWorld, running: ReadonlySet<string>): boolean {
  const voters = etcd.voters();
  const isWhole = etcd.members.every(({ id, isLearner }) => !isLearner && running.has(id));
  const bears = voters.length - quorumOf(voters.length);
  return etcd.leaderId !== null && isWhole && voters.length >= desired && (bears >= 1 || desired <= 1);
}
