import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../etcd/run.ts';

const VERSION = '0.24.0';
const DIR = fileURLToPath(new URL('../../../.local/butane', import.meta.url));
const BUILD_WITHIN_MS = 10 * 60_000;

/** Butane's own command is below `internal/`; this one makes of a file on standard input what that one makes of it. */
const MAIN = `package main

import (
	"fmt"
	"io"
	"os"

	"github.com/coreos/butane/config"
	"github.com/coreos/butane/config/common"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err == nil {
		options := common.TranslateBytesOptions{}
		options.FilesDir = os.Args[1]
		ignition, report, failure := config.TranslateBytes(text, options)
		fmt.Fprint(os.Stderr, report.String())
		if len(report.Entries) > 0 && failure == nil {
			failure = fmt.Errorf("warnings are errors here")
		}
		err = failure
		os.Stdout.Write(ignition)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`;

/**
 * The real Butane, built from its Go module into `.local/butane`; Go verifies the module's checksums.
 *
 * @throws {Error} no Go here, or the module could not be had or built.
 */
export async function obtainButane(say: (line: string) => void = () => undefined): Promise<string> {
  const program = join(DIR, `butane-${VERSION}`);
  if (existsSync(program)) return program;
  await mkdir(DIR, { recursive: true });
  const work = await mkdtemp(join(DIR, '.work-'));
  const go = (...args: readonly string[]) => run('go', args, { cwd: work, timeoutMs: BUILD_WITHIN_MS });
  say(`building Butane ${VERSION} from its Go module`);
  try {
    await writeFile(join(work, 'go.mod'), 'module etcd-autopilot.local/butane\n');
    await writeFile(join(work, 'main.go'), MAIN);
    await go('get', `github.com/coreos/butane/config@v${VERSION}`);
    await go('build', '-trimpath', '-o', 'butane', '.');
    await rename(join(work, 'butane'), program);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return program;
}
