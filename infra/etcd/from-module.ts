import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PINNED_VERSION } from './from-release.ts';
import { run } from './run.ts';
import { type Request, SourceUnavailable } from './source.ts';

/** Tool by the package that builds it. `etcdutl` is its own module, and wanted for snapshots. */
const TOOL_PACKAGES = {
  etcd: 'go.etcd.io/etcd/server/v3',
  etcdctl: 'go.etcd.io/etcd/etcdctl/v3',
  etcdutl: 'go.etcd.io/etcd/etcdutl/v3',
} as const;

const BUILD_WITHIN_MS = 15 * 60_000;

/**
 * Built from the Go modules, whose checksums Go itself verifies; for Linux machines of `arch`, or for this one.
 *
 * A module of our own requires them: `go install …@version` refuses modules with
 * replace directives, and etcd's have some.
 *
 * @throws {SourceUnavailable} no Go here, or the modules could not be had or built.
 */
export async function buildModules(
  { version, into, scratch, say }: Request,
  arch: string | null = null,
): Promise<void> {
  const wanted = version ?? PINNED_VERSION;
  const env: Readonly<Record<string, string>> =
    arch === null ? {} : { GOOS: 'linux', GOARCH: arch, CGO_ENABLED: '0' };
  const go = (args: readonly string[]) => run('go', args, { cwd: scratch, timeoutMs: BUILD_WITHIN_MS, env });
  say(`building etcd ${wanted} from its Go modules (this takes some minutes the first time)`);
  try {
    await writeFile(join(scratch, 'go.mod'), 'module etcd-autopilot.local/tools\n');
    await go(['get', ...Object.values(TOOL_PACKAGES).map((name) => `${name}@v${wanted}`)]);
    for (const [tool, name] of Object.entries(TOOL_PACKAGES)) {
      say(`building ${tool}`);
      await go(['build', '-trimpath', '-o', join(into, tool), name]);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SourceUnavailable(`etcd ${wanted} could not be built: ${reason}`, { cause: error });
  }
}
