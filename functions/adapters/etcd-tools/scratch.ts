import { constants } from 'node:fs';
import { access, mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IntactCheck, type IntactVerdict } from '../../core/backup/intact.ts';
import { OperationError } from '../../core/errors.ts';
import type { Scratch, ScratchPort } from '../../core/verification/scratch-port.ts';
import { look } from './look.ts';
import { type Place, placeIn } from './place.ts';
import { lastLine, run, tooLate } from './run.ts';
import { removeStrays, STRAY_PREFIX } from './strays.ts';

const VERSION_MS = 10_000;

/** Tries snapshots out with the programs in `toolsDir`, on the disk that the function has for its time. */
export function createScratchPort(toolsDir: string, nowMs: () => number): ScratchPort {
  return {
    open: async () => {
      const etcd = await programIn(toolsDir, 'etcd');
      const restorer = (await programIn(toolsDir, 'etcdutl')) ?? (await programIn(toolsDir, 'etcdctl'));
      if (etcd === null || restorer === null) return null;
      await removeStrays(tmpdir(), nowMs());
      const dir = await mkdtemp(join(tmpdir(), STRAY_PREFIX));
      return openScratch(placeIn(dir, etcd, restorer), nowMs);
    },
  };
}

async function programIn(dir: string, name: string): Promise<string | null> {
  const path = join(dir, name);
  try {
    await access(path, constants.X_OK);
    return path;
  } catch {
    return null; // not there, or not to be run: both are "no tools"
  }
}

async function openScratch(place: Place, nowMs: () => number): Promise<Scratch> {
  const close = () => rm(place.dir, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  try {
    const etcdVersion = await versionOf(place);
    return {
      etcdVersion,
      keep: (chunks, untilMs) => keep(place, chunks, untilMs, nowMs),
      restore: (untilMs) => restore(place, untilMs - nowMs()),
      look: (atRevision, untilMs) => look(place, atRevision, untilMs, nowMs),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function versionOf({ etcd, dir }: Place): Promise<string> {
  const ended = await run(etcd, ['--version'], dir, VERSION_MS);
  const version = /^etcd Version: *(\S+)$/m.exec(ended.output)?.[1];
  if (version !== undefined) return version;
  throw new OperationError('CONFIG_INVALID', 'never', `${etcd} does not run here: ${lastLine(ended)}`);
}

/** Nothing is collected: two gigabytes pass through a hash onto the disk. */
async function keep(
  { snapshot }: Place,
  chunks: AsyncIterable<Uint8Array>,
  untilMs: number,
  nowMs: () => number,
): Promise<IntactVerdict> {
  const check = new IntactCheck();
  const file = await open(snapshot, 'w');
  try {
    for await (const chunk of chunks) {
      if (nowMs() > untilMs) throw tooLate('the download of the snapshot');
      check.add(chunk);
      await file.write(chunk).catch((cause: unknown) => {
        throw noRoom(cause);
      });
    }
  } finally {
    await file.close();
  }
  return check.end();
}

/** A full disk says nothing of the snapshot. */
const noRoom = (cause: unknown): OperationError =>
  new OperationError('ETCD_UNAVAILABLE', 'never', 'the disk has no room for the snapshot', {}, cause);

async function restore(place: Place, withinMs: number): Promise<string | null> {
  const ended = await run(place.restorer, place.restoreArguments, place.dir, withinMs);
  if (ended.status === 0) return null;
  const { bavail } = await statfs(place.dir);
  if (bavail === 0 || ended.output.includes('no space left')) throw noRoom(lastLine(ended));
  return `it cannot be restored: ${lastLine(ended)}`;
}
