import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ObtainOptions, obtainEtcd } from '../etcd/obtain-etcd.ts';
import { judgeTools } from '../etcd/version.ts';
import { DEFAULT_VERSIONS, type MatrixOptions, Mistake } from './options.ts';
import { versionThatAnswers } from './trial.ts';

/** A version, and the folder of the etcd and etcdctl that were seen to be it. */
export interface Binary {
  readonly version: string;
  readonly dir: string;
  readonly how: string;
}

type Say = (line: string) => void;
type Wish = Pick<MatrixOptions, 'versions' | 'folders'>;

/**
 * Every etcd to test, oldest first: each was started, and answered as the version
 * that it says it is.
 *
 * @throws {Mistake} one line for each that is missing, does not run, or is another version.
 */
export async function findBinaries(
  { versions, folders }: Wish,
  say: Say,
  obtain: (options: ObtainOptions) => Promise<Binary> = obtainEtcd,
): Promise<readonly Binary[]> {
  const problems: string[] = [];
  const collect = async (work: Promise<Binary>): Promise<readonly Binary[]> =>
    work.then(
      (binary) => [binary],
      (error: unknown) => {
        problems.push(error instanceof Error ? error.message : String(error));
        return [];
      },
    );
  const found: Binary[] = [];
  for (const dir of folders) found.push(...(await collect(judged(dir, versions, found))));
  const wanted = versions ?? (folders.length === 0 ? DEFAULT_VERSIONS : []);
  for (const version of problems.length > 0 ? [] : wanted) {
    if (found.every((binary) => binary.version !== version)) {
      found.push(...(await collect(obtain({ version, say }))));
    }
  }
  const tried: Binary[] = [];
  for (const binary of problems.length > 0 ? [] : found) tried.push(...(await collect(tryOut(binary, say))));
  if (problems.length > 0) throw new Mistake(problems.join('\n'));
  return tried.sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
}

async function judged(
  dir: string,
  versions: readonly string[] | null,
  earlier: readonly Binary[],
): Promise<Binary> {
  const tools = await judgeTools(dir);
  if (tools.kind === 'unusable') throw new Mistake(tools.because);
  const { version } = tools;
  if (versions !== null && !versions.includes(version)) {
    throw new Mistake(
      `${join(dir, 'etcd')} is ${version}, which is not among --versions ${versions.join(',')}`,
    );
  }
  const same = earlier.find((binary) => binary.version === version);
  if (same !== undefined) throw new Mistake(`${same.dir} and ${dir} both hold etcd ${version}: give one`);
  return { version, dir, how: `given as ${dir}` };
}

/** What a program says of itself proves nothing: it must serve as that version too. */
async function tryOut(binary: Binary, say: Say): Promise<Binary> {
  const data = await mkdtemp(join(tmpdir(), 'etcd-trial-'));
  try {
    const answered = await versionThatAnswers(binary.dir, data);
    if (answered !== binary.version) {
      const path = join(binary.dir, 'etcd');
      throw new Mistake(`${path} says that it is ${binary.version}, but ${answered} answers when it serves`);
    }
    say(`etcd ${binary.version} serves`);
    return binary;
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}
