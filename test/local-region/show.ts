import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ROOT } from '../../infra/cli/local-options.ts';
import { TEST_ETCD } from '../../infra/etcd/chosen.ts';
import { obtainEtcd } from '../../infra/etcd/obtain-etcd.ts';

const UPDATES = 'test/local-region/updates.test.ts';

/** What each show runs: a file, and the test of it where it is not all. A file that is no test runs by itself. */
const SHOWS: Readonly<Record<string, readonly string[]>> = {
  dns: ['test/local-region/fronts.test.ts'],
  workers: ['test/local-region/workers.test.ts'],
  nginx: ['test/local-region/nginx.test.ts'],
  faults: ['test/local-region/checks.test.ts'],
  reboots: ['test/local-region/reboots.test.ts'],
  updates: [UPDATES, '--testNamePattern', 'updates:'],
  'bad-release': [UPDATES, '--testNamePattern', 'bad-release:'],
  weak: [UPDATES, '--testNamePattern', 'weak:'],
  leader: [UPDATES, '--testNamePattern', 'leader:'],
  rollback: [UPDATES, '--testNamePattern', 'rollback:'],
  srv: ['test/local-region/workers.test.ts', '--testNamePattern', 'SRV'],
  backup: ['test/local-region/backups/show.ts'],
  survivor: ['test/local-region/recovery/show.ts', 'survivor'],
  lost: ['test/local-region/recovery/show.ts', 'lost'],
  returns: ['test/local-region/recovery/show.ts', 'returns'],
  manual: ['test/local-region/recovery/show.ts', 'manual'],
  quota: ['test/local-region/maintenance/quota.ts'],
  seed: ['test/local-region/seeding/show.ts'],
};
/** They restore snapshots with their revisions raised, which Debian's etcd 3.4.23 cannot. */
const RAISING: readonly string[] = ['survivor', 'lost', 'manual', 'seed'];

const HELP = `npm run show -- <show> …   ${Object.keys(SHOWS).join(', ')}

The end-to-end tests of workers, names and services at their full length: edits are left to the schedule alone, groups are
replaced one instance after the other. Updates by stack, measured beside the same by hand (updates), of a release that
does not start (bad-release), of a cluster that lacks a voter (weak), with the leader in every place (leader), undone
without a quorum (rollback). Every fault that checks must find, injected one by one (faults: 25 minutes). Lines that begin with "show" hold the figures. Each takes one to eight minutes.
A snapshot of 1 GB under load, taken by the packaged function in a process that the system holds to 512 MB, restored, and
killed in the middle (backup: three minutes; needs control groups, and "npm run package" before).
Of three members two are lost for ever under load (survivor), or all of them (lost), or none: their processes are killed, and two
return with their disks (returns); each two to five minutes, after "npm run package".
Databases that reach their quota under load, and take writes again by themselves (quota: three minutes; needs
"npm run package" before).
A snapshot that is taken, proved restorable, fetched as a file, and begun with by a new cluster (seed: two minutes, after
"npm run package"). What restores uses etcd 3.6.14, brought when it is not there, or what ETCD_AUTOPILOT_TEST_ETCD names.
Ends with 0 when all went well, 1 when something did not, 2 without a show to run.
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { help: { type: 'boolean' } },
    allowPositionals: true,
    strict: false,
  });
  const wanted = positionals.map((name) => SHOWS[name]);
  const raises = positionals.some((name) => RAISING.includes(name));
  if (values['help'] === true || wanted.length === 0 || wanted.includes(undefined)) {
    process.stderr.write(HELP);
    return values['help'] === true ? 0 : 2;
  }
  if (raises && process.env[TEST_ETCD] === undefined) process.env[TEST_ETCD] = await thatRaises();
  let code = 0;
  for (const show of wanted) code = Math.max(code, await run(show ?? []));
  return code;
}

/** Brought once, from the official release or built from its module. */
async function thatRaises(): Promise<string> {
  const say = (line: string): unknown => process.stderr.write(`${line}\n`);
  return (await obtainEtcd({ version: '3.6.14', say })).dir;
}

function run(show: readonly string[]): Promise<number> {
  const isTest = show[0]?.endsWith('.test.ts') === true;
  const tests = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'local-region'];
  const child = spawn(process.execPath, [...(isTest ? tests : []), ...show], {
    cwd: ROOT,
    env: { ...process.env, SHOW: 'long' },
    stdio: 'inherit',
  });
  return new Promise((done) => child.once('close', (code) => done(code === 0 ? 0 : 1)));
}
