import { IntactCheck, type IntactVerdict } from '../../../functions/core/backup/intact.ts';
import type { Found, Scratch, ScratchPort } from '../../../functions/core/verification/scratch-port.ts';
import { type Held, heldIn } from './database.ts';
import type { CareWorld } from './world.ts';

/** A place to restore snapshots in, and an etcd that tells what came out of them. */
export const scratchOf = (world: CareWorld): ScratchPort => ({
  open: async () => (world.hasTools ? new FakeScratch(world) : null),
});

class FakeScratch implements Scratch {
  readonly etcdVersion: string;
  readonly #world: CareWorld;
  #bytes: Uint8Array = new Uint8Array();
  #held: Held | null = null;

  constructor(world: CareWorld) {
    this.#world = world;
    this.etcdVersion = world.etcd.version;
    world.openScratches += 1;
  }

  async keep(chunks: AsyncIterable<Uint8Array>): Promise<IntactVerdict> {
    const check = new IntactCheck();
    const parts: Buffer[] = [];
    for await (const chunk of chunks) {
      check.add(chunk);
      parts.push(Buffer.from(chunk));
    }
    this.#bytes = Buffer.concat(parts);
    return check.end();
  }

  async restore(): Promise<string | null> {
    this.#held = heldIn(this.#bytes);
    return this.#held === null ? 'its checksum is wrong' : null;
  }

  async look(atRevision: string): Promise<Found | string> {
    const held = this.#held;
    if (held === null) return 'nothing was restored';
    const { space } = this.#world.etcd;
    return {
      revision: held.revision,
      hash: space.hashFor(held.isCorrupt, BigInt(atRevision)),
      compactRevision: String(space.compactRevision),
      keyCount: held.keyCount,
    };
  }

  async close(): Promise<void> {
    this.#world.openScratches -= 1;
  }
}
