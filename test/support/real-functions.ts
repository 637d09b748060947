import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { openEtcd } from '../../functions/adapters/etcd/open.ts';
import { KEY } from '../../functions/core/names.ts';
import type { EtcdPort } from '../../functions/core/ports.ts';
import { Functions } from '../simulation/crash/crash-world.ts';
import type { RealWorld } from './real-world.ts';

/**
 * As many as a real function has. With fewer, a machine that is busy with other things spends all of them before a
 * learner was seen in sync on three looks of one pass, as the second voter of one must be: no pass would ever promote it.
 */
const FUNCTION_SECONDS = 56;
/** Until a dead owner's permit has ended. */
const LEASE_SECONDS = 21;
/** Between two messages. A machine that has other things to do may need so many of them. */
const WAIT_SECONDS = 5;
const REAL_WAIT_MS = 100;
const MESSAGES_MAX = 300;
/** Time is skipped, and etcds start in real time: no grace ends because a machine is slow. */
export const PATIENT = {
  graceSeconds: { bootstrap: 7_200, unstarted: 7_200, silent: 7_200, restarting: 7_200 },
};
/** Elections are over sooner than by default, so that stories are short. */
export const BRISK = ['--heartbeat-interval=30', '--election-timeout=300'];
/** Nobody is to be elected while such a cluster stands: it costs less to have many of them. */
export const CALM = ['--heartbeat-interval=250', '--election-timeout=2500'];
/** Of each second that a pass waits, so much is waited really: about what an etcd needs to start. */
export const REAL_MS_OF_SECOND = 200;

/** Functions that may die around a cluster of real etcds. */
export class RealFunctions {
  readonly functions: Functions;
  readonly #world: RealWorld;

  constructor(world: RealWorld) {
    this.#world = world;
    this.functions = new Functions(world, FUNCTION_SECONDS);
    world.realMsOfSecond = REAL_MS_OF_SECOND;
  }

  /** Until a pass settles. Tells what must be the same after every run of a story. */
  async settle(): Promise<unknown> {
    await this.functions.until(
      (report) => report?.outcome === 'settled',
      () => this.#wait(),
      MESSAGES_MAX,
    );
    return this.#end();
  }

  async #wait(): Promise<void> {
    await this.#endLease();
    this.#world.skip(WAIT_SECONDS);
    await sleep(REAL_WAIT_MS);
  }

  /** Time is skipped for the autopilot; for etcd, whose lease would run for twenty seconds, the same is done by hand. */
  async #endLease(): Promise<void> {
    const { crash } = this.functions;
    const { lease } = crash;
    if (lease === null) return;
    const isEnded = await this.#asking((port, endpoint) => port.releasePermit(endpoint, lease)).then(
      () => true,
      () => false, // a slow machine: before the next message again
    );
    if (!isEnded) return;
    crash.lease = null;
    this.#world.skip(LEASE_SECONDS);
  }

  async #end(): Promise<unknown> {
    const world = this.#world;
    world.expectSafe();
    await world.expectVoters(world.alive());
    const permit = await this.#asking((port, endpoint) => port.read(endpoint, KEY.disruption));
    expect(permit).toBeNull();
    return world.endState();
  }

  /** Asks one etcd after the other: one that was removed a moment ago is ending. */
  async #asking<T>(ask: (port: EtcdPort, endpoint: string) => Promise<T>): Promise<T> {
    const port = openEtcd({ ...this.#world.access(), deadlineMs: 5_000 });
    let last: unknown = new Error('no etcd runs');
    try {
      for (const [, { clientUrl }] of this.#world.hosts.all()) {
        try {
          return await ask(port, clientUrl);
        } catch (error) {
          last = error;
        }
      }
      throw last;
    } finally {
      port.close();
    }
  }
}
