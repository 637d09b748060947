import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isAtLeast, OLDEST_VERSION, TOOLS, versionIn } from './version.ts';

/** The first folder of the PATH that has both tools in a version that serves; `null`: none has. */
export async function findOnPath(
  version: string | null,
): Promise<{ readonly dir: string; readonly version: string } | null> {
  for (const dir of (process.env['PATH'] ?? '').split(delimiter)) {
    if (dir === '' || !TOOLS.every((tool) => existsSync(join(dir, tool)))) continue;
    const found = await versionIn(dir);
    if (found !== null && serves(found, version)) return { dir, version: found };
  }
  return null;
}

function serves(found: string, wanted: string | null): boolean {
  return wanted === null ? isAtLeast(found, OLDEST_VERSION) : found === wanted;
}
