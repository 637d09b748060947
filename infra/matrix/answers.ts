import { readFile } from 'node:fs/promises';

/** Names the file to which the tests add the version of every etcd that answered them, one a line. */
export const ANSWERS_FILE = 'ETCD_AUTOPILOT_TEST_ANSWERS';

/** Versions that answered, each once; none when no etcd did. */
export async function versionsAnswered(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return [...new Set(text.split('\n').filter((line) => line !== ''))].sort();
}

/** Why the suite does not count as run on `version`; `null` when that one answered, and no other. */
export function wrongAnswer(version: string, answered: readonly string[]): string | null {
  if (answered.length === 0) return `no etcd told its version, so nobody knows whether ${version} was tested`;
  const others = answered.filter((one) => one !== version);
  return others.length === 0 ? null : `etcd ${others.join(' and ')} answered, not only ${version}`;
}
