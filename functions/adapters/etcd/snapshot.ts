import { Readable } from 'node:stream';
import type { IResponseStream, ISnapshotResponse } from 'etcd3';
import { invariant, OperationError } from '../../core/errors.ts';
import type { Call, EtcdClients } from './clients.ts';
import { translateEtcdError } from './errors.ts';
import { judgeFailure } from './failure.ts';

/** A member that sends nothing for so long does not send any more. Whoever reads slowly is another matter. */
const SILENCE_MS = 30_000;

/**
 * The chunks as etcd sends them (32 KB each), read on only as fast as they are taken: grpc-js asks for one message after
 * the other, and HTTP/2 makes etcd wait. The deadline is of the whole stream, so it is not that of other calls.
 */
export async function* snapshot(
  clients: EtcdClients,
  endpoint: string,
  untilMs: number,
  silenceMs = SILENCE_MS,
): AsyncGenerator<Uint8Array> {
  const stream = await openStream(clients, endpoint, untilMs).catch((error: unknown) => {
    throw translateEtcdError(error, 'snapshot', endpoint);
  });
  invariant(stream instanceof Readable, 'grpc-js gives a readable stream');
  const chunks: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await nextWithin(silenceMs, chunks, endpoint);
      if (next.done === true) return;
      const blob = blobOf(next.value);
      if (blob !== null) yield blob;
    }
  } catch (error) {
    throw error instanceof OperationError ? error : translateEtcdError(error, 'snapshot', endpoint);
  } finally {
    // etcd holds its database open for as long as somebody listens.
    cancel(stream);
  }
}

/**
 * With the user's token, where one is to be had: etcd gives none without a quorum, and a survivor must be
 * read all the same if its certificate suffices. Otherwise etcd itself says what is missing.
 */
async function openStream(clients: EtcdClients, endpoint: string, untilMs: number) {
  const open: Call<IResponseStream<ISnapshotResponse>> = (client, limits) =>
    client.maintenance.snapshot({ ...limits, deadline: untilMs });
  try {
    return await clients.ask(endpoint, open);
  } catch (error) {
    if (!clients.hasUser || judgeFailure(error)?.kind === 'denied') throw error;
    return clients.askOpenly(endpoint, open, clients.limits());
  }
}

/** `destroy` alone would leave the call open. */
function cancel(stream: Readable): void {
  if ('cancel' in stream && typeof stream.cancel === 'function') stream.cancel();
  stream.destroy();
}

async function nextWithin(
  silenceMs: number,
  chunks: AsyncIterator<unknown>,
  endpoint: string,
): Promise<IteratorResult<unknown>> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(fellSilent(endpoint, silenceMs)), silenceMs);
  });
  try {
    const next = chunks.next();
    // Whichever comes second is nobody's business any more, and must not end the process.
    next.catch(() => undefined);
    return await Promise.race([next, silence]);
  } finally {
    clearTimeout(timer);
  }
}

function fellSilent(endpoint: string, silenceMs: number): OperationError {
  const words = `etcd at ${endpoint} fell silent for ${silenceMs} ms within its snapshot`;
  return new OperationError('ETCD_UNAVAILABLE', 'nextLook', words, { endpoint });
}

function blobOf(message: unknown): Uint8Array | null {
  if (typeof message !== 'object' || message === null || !('blob' in message)) return null;
  return message.blob instanceof Uint8Array && message.blob.length > 0 ? message.blob : null;
}
