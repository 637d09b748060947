import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { archiveOfFiles } from '../build/archive.ts';
import { buildModules } from '../etcd/from-module.ts';
import { CHECKSUMS, fetchRelease, releaseName } from '../etcd/from-release.ts';

export interface LayerRequest {
  readonly version: string;
  readonly arch: 'arm64' | 'amd64';
  /** Of the release's archive; `null`: only what is pinned here is taken, else the modules are built. */
  readonly sha256: string | null;
  readonly releasesUrl: string;
  readonly out: string;
  readonly say: (line: string) => void;
}

/** What verification runs. A layer is unpacked below /opt. */
const TOOLS = ['etcd', 'etcdutl'] as const;
/** Lambda takes no more, of function and layers together. */
const UNPACKED_BYTES_MAX = 250_000_000;

/** Where an ELF file names the machine that it is for, and how. */
const ELF_MACHINE_AT = 18;
const ELF_MACHINE = { arm64: 183, amd64: 62 } as const;

/**
 * Writes the archive of the layer.
 *
 * @throws {Error} the tools could not be had, are for another kind of machine, or are too large.
 */
export async function buildLayer(
  request: LayerRequest,
): Promise<{ readonly bytes: number; readonly zippedBytes: number }> {
  const work = await mkdtemp(join(tmpdir(), 'etcd-autopilot-layer-'));
  try {
    const [into, scratch] = [join(work, 'into'), join(work, 'scratch')];
    for (const dir of [into, scratch]) await mkdir(dir);
    await bring(request, into, scratch);
    const files = await Promise.all(
      TOOLS.map(async (tool) => ({
        name: `bin/${tool}`,
        content: judged(tool, await readFile(join(into, tool)), request.arch),
        isProgram: true,
      })),
    );
    const bytes = files.reduce((sum, { content }) => sum + content.length, 0);
    if (bytes > UNPACKED_BYTES_MAX) throw new Error(`the tools have ${bytes} bytes: too many for Lambda`);
    const archive = archiveOfFiles(files);
    await mkdir(dirname(request.out), { recursive: true });
    await writeFile(request.out, archive);
    return { bytes, zippedBytes: archive.length };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function bring(request: LayerRequest, into: string, scratch: string): Promise<void> {
  const { version, arch, sha256, releasesUrl, say } = request;
  const archive = `${releaseName(version, arch)}.tar.gz`;
  const checksums = sha256 === null ? CHECKSUMS : { [archive]: sha256 };
  const wish = { version, into, scratch, releasesUrl, say };
  // Whoever names a checksum wants that archive, and nothing else in its place.
  if (checksums[archive] !== undefined) return fetchRelease(wish, checksums, arch);
  say(`no checksum of ${archive} is known here: give --sha256 to take the release`);
  await buildModules(wish, arch);
}

function judged(tool: string, content: Buffer, arch: LayerRequest['arch']): Buffer {
  const isElf = content.subarray(0, 4).equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46]));
  if (isElf && content.readUInt16LE(ELF_MACHINE_AT) === ELF_MACHINE[arch]) return content;
  throw new Error(`${tool} is no program for ${arch}`);
}
