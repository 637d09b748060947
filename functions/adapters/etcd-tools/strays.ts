import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export const STRAY_PREFIX = 'etcd-autopilot-verification-';
/** Four times what one can take: whoever made it is not there any more. */
const STRAY_AFTER_MS = 3_600_000;

/** Deletes what a function left that was ended in the middle; its disk may be given to the next one. Never throws. */
export async function removeStrays(base: string, nowMs: number): Promise<void> {
  const names = await readdir(base).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(STRAY_PREFIX))) {
    const made = await stat(join(base, name)).catch(() => null);
    if (made !== null && nowMs - made.mtimeMs > STRAY_AFTER_MS)
      await rm(join(base, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
