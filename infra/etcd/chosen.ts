import { type Obtained, type ObtainOptions, obtainEtcd } from './obtain-etcd.ts';
import { judgeTools } from './version.ts';

/** Names the folder of the etcd to work with: for the tests, the demo and the machines of the local region. */
export const TEST_ETCD = 'ETCD_AUTOPILOT_TEST_ETCD';

/**
 * The etcd that the environment names, or else the one that `obtainEtcd` finds or brings.
 *
 * @throws {Error} what the environment names does not run: another one is never used in its place.
 */
export async function chosenEtcd(
  options: ObtainOptions = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Obtained> {
  const dir = env[TEST_ETCD] ?? '';
  if (dir === '') return obtainEtcd(options);
  const tools = await judgeTools(dir);
  if (tools.kind === 'unusable') throw new Error(`${TEST_ETCD} names ${dir}: ${tools.because}`);
  const { version } = tools;
  const how = `chosen by ${TEST_ETCD}: ${dir}`;
  options.say?.(`etcd ${version}: ${how}`);
  return { dir, version, how };
}
