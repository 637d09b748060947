import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebian } from './debian-packages.ts';
import { otherRelease } from './debian-releases.ts';
import { type Request, SourceUnavailable } from './source.ts';

const PACKAGES = ['etcd-server', 'etcd-client'] as const;

/**
 * The packages of Debian and Ubuntu, downloaded and unpacked, not installed: no
 * root, no service started, the system's own package lists left as they are. A
 * version that another Debian has is taken from there.
 *
 * @throws {SourceUnavailable} no apt here, or no such package.
 */
export async function unpackPackages({ version, into, scratch, say }: Request): Promise<void> {
  say(`unpacking the distribution's packages ${PACKAGES.join(' and ')}`);
  try {
    const release = version === null ? null : await otherRelease(version, scratch);
    const root = await unpackDebian({ packages: PACKAGES, release, scratch, say });
    await copyTools(join(root, 'usr', 'bin'), into);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SourceUnavailable(`the distribution's packages could not be had: ${reason}`, { cause: error });
  }
}

async function copyTools(from: string, into: string): Promise<void> {
  const tools = (await readdir(from)).filter((name) => name.startsWith('etcd'));
  for (const tool of tools) await copyFile(join(from, tool), join(into, tool));
}
