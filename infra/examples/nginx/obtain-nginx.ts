import { chmod, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackDebian } from '../../etcd/debian-packages.ts';
import { run } from '../../etcd/run.ts';

const DIR = fileURLToPath(new URL('../../../.local/nginx', import.meta.url));
/** It is where only root looks for programs. */
const PLACES = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/local/nginx/sbin/nginx'];

/**
 * A real nginx: of this machine, or brought before, or else unpacked of the distribution's package into
 * `.local/nginx`. Nothing is installed, and none is started.
 *
 * @throws {Error} there is none, or it does not run here.
 */
export async function obtainNginx(say: (line: string) => void = () => undefined): Promise<string> {
  const kept = join(DIR, 'nginx');
  for (const place of [...PLACES, kept]) if (await runs(place)) return place;
  await mkdir(DIR, { recursive: true });
  const scratch = await mkdtemp(join(DIR, '.work-'));
  try {
    say("unpacking the distribution's package nginx");
    const root = await unpackDebian({ packages: ['nginx'], release: null, scratch, say });
    const program = join(root, 'usr', 'sbin', 'nginx');
    await run(program, ['-v'], { timeoutMs: 10_000 });
    await copyFile(program, join(scratch, 'nginx'));
    await chmod(join(scratch, 'nginx'), 0o755);
    await rename(join(scratch, 'nginx'), kept);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return kept;
}

const runs = (program: string): Promise<boolean> =>
  run(program, ['-v'], { timeoutMs: 10_000 }).then(
    () => true,
    () => false,
  );

if (import.meta.main) {
  process.stdout.write(`${await obtainNginx((line) => process.stderr.write(`${line}\n`))}\n`);
}
