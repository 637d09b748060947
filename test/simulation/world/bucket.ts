import type { StoredObject } from '../../../functions/core/backup/object-port.ts';
import type { FakeSnapshot } from '../etcd/snapshot.ts';

/** One object: a text, or what a member held. */
export interface FakeObject {
  readonly text: string;
  readonly snapshot: FakeSnapshot | null;
  readonly sizeBytes: number;
  /** Of what lies there now, which need not be what was put there. */
  readonly sha256: string;
  readonly modifiedAtMs: number;
}

export const BUCKET = 'snapshots';

/** The snapshot bucket: what is kept of the cluster's data, and what checks saw last. */
export class Bucket {
  readonly objects = new Map<string, FakeObject>();
  #serial = 0;

  putText(key: string, text: string, nowMs: number): void {
    this.objects.set(key, { text, snapshot: null, sizeBytes: text.length, sha256: '', modifiedAtMs: nowMs });
  }

  /** The bytes are not kept: who has the same hash has the same of them. */
  putSnapshot(key: string, snapshot: FakeSnapshot, nowMs: number): FakeObject {
    const object = {
      text: '',
      snapshot,
      sizeBytes: snapshot.stored.keptBytes + 32,
      sha256: this.newSha(),
      modifiedAtMs: nowMs,
    };
    this.objects.set(key, object);
    return object;
  }

  newSha(): string {
    this.#serial += 1;
    return this.#serial.toString(16).padStart(64, '0');
  }

  textOf(key: string): string | null {
    return this.objects.get(key)?.text ?? null;
  }

  list(prefix: string): readonly StoredObject[] {
    return [...this.objects]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { sizeBytes, modifiedAtMs }]) => ({ key, sizeBytes, modifiedAtMs }))
      .sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  /** What lies at `s3://<bucket>/<key>`. */
  at(uri: string): FakeObject | undefined {
    const start = `s3://${BUCKET}/`;
    return uri.startsWith(start) ? this.objects.get(uri.slice(start.length)) : undefined;
  }
}
