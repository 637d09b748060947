import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isVersion } from '../etcd/version.ts';
import { SUITES, type Suite } from './suites.ts';

/** One of each kind that differs: what Debian 12 has, both sides of 3.5.30, and the two newest minors. */
export const DEFAULT_VERSIONS = ['3.4.23', '3.5.16', '3.5.33', '3.6.14', '3.7.1'] as const;

export interface MatrixOptions {
  /** To be obtained where no folder has them; `null`: those of the folders, or the usual ones. */
  readonly versions: readonly string[] | null;
  /** Folders with etcd and etcdctl. */
  readonly folders: readonly string[];
  readonly suites: readonly Suite[];
  readonly json: boolean;
}

/** A mistake of the input: told in lines of its own, without a stack, and exit code 2. */
export class Mistake extends Error {
  override readonly name = 'Mistake';
}

export const HELP = `Runs the tests that talk to a real etcd against several versions of it.

  npm run test:matrix -- [--versions X.Y.Z,...] [--only SUITE,...] [--binaries DIR,...] [--json]

  --versions  these versions (default: ${DEFAULT_VERSIONS.join(',')}); what is not here is
              downloaded or built once, and kept in .local/etcd
  --binaries  folders with etcd and etcdctl; without --versions, only these are tested
  --only      only these suites: ${SUITES.map(({ name }) => name).join(', ')}
  --json      the result as JSON on the standard output, and progress on the standard error
  --help      this text

Suites:
${SUITES.map(({ name, about }) => `  ${name.padEnd(15)} ${about}`).join('\n')}

Logs are kept in .local/matrix/<version>/<suite>.log.
Exit codes: 0 all passed, 1 something failed, 2 a mistake in the input, or a version that cannot be had or does not run.
`;

/**
 * @throws {Mistake} an unknown option, version or suite.
 * @returns `help` when that was asked for.
 */
export function readOptions(args: readonly string[]): MatrixOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  const versions = values.versions === undefined ? null : listOf('--versions', values.versions);
  for (const version of versions ?? []) {
    if (!isVersion(version)) throw new Mistake(`"${version}" is not a version: give it like 3.6.14`);
  }
  const folders = values.binaries === undefined ? [] : listOf('--binaries', values.binaries);
  return {
    versions,
    folders: folders.map((folder) => resolve(folder)),
    suites: values.only === undefined ? SUITES : suitesNamed(listOf('--only', values.only)),
    json: values.json === true,
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        versions: { type: 'string' },
        binaries: { type: 'string' },
        only: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Mistake(`${reason.split('. ')[0]} (--help tells what is possible)`);
  }
}

/** Entries between commas, each once, in their order. */
function listOf(option: string, text: string): readonly string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  if (entries.includes('')) throw new Mistake(`${option} needs a list like a,b and has an empty entry`);
  return [...new Set(entries)];
}

function suitesNamed(names: readonly string[]): readonly Suite[] {
  for (const name of names) {
    if (SUITES.every((suite) => suite.name !== name)) {
      throw new Mistake(
        `there is no suite "${name}": --only takes ${SUITES.map((suite) => suite.name).join(', ')}`,
      );
    }
  }
  return SUITES.filter((suite) => names.includes(suite.name));
}
