import { appendFileSync } from 'node:fs';
import type { Probe } from '../../functions/core/ports.ts';
import { chosenEtcd } from '../../infra/etcd/chosen.ts';
import type { Obtained } from '../../infra/etcd/obtain-etcd.ts';
import { ANSWERS_FILE } from '../../infra/matrix/answers.ts';

const noted = new Set<string>();
let choice: Promise<Obtained> | null = null;

/** The etcd to test with, looked for once for each test file. */
export function testEtcd(): Promise<Obtained> {
  choice ??= chosenEtcd();
  return choice;
}

/**
 * Holds that the etcd that answered is the one that was chosen, and notes it for
 * the matrix: no suite can pass with another etcd than it was run for.
 */
export async function noteAnswer(version: string): Promise<void> {
  if (noted.has(version)) return;
  const file = process.env[ANSWERS_FILE] ?? '';
  if (file !== '') appendFileSync(file, `${version}\n`);
  const chosen = await testEtcd();
  if (version !== chosen.version) {
    throw new Error(`etcd ${version} answered, but the tests are run for ${chosen.version} (${chosen.how})`);
  }
  noted.add(version);
}

/** As `noteAnswer`, for every etcd that told its status. */
export async function noteAnswers(probes: readonly Probe[]): Promise<void> {
  for (const probe of probes) if (probe.kind === 'status') await noteAnswer(probe.status.version);
}
