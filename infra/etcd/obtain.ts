import { parseArgs } from 'node:util';
import { obtainEtcd } from './obtain-etcd.ts';
import { SOURCES } from './source.ts';

const HELP = `Finds etcd and etcdctl, or brings them into a private folder, and prints that folder.

  node infra/etcd/obtain.ts [--version X.Y.Z] [--from ${SOURCES.join('|')}] [--dir DIR] [--releases-url URL]

  --version       exactly this version (default: 3.4.23 or newer)
  --from          from this source and no other (default: each, in this order)
  --dir           where versions are kept (default: .local/etcd of the checkout)
  --releases-url  a mirror of the official releases; the pinned checksums hold there too
`;

const { values } = parseArgs({
  options: {
    version: { type: 'string' },
    from: { type: 'string' },
    dir: { type: 'string' },
    'releases-url': { type: 'string' },
    help: { type: 'boolean' },
  },
});

try {
  process.stdout.write(values.help === true ? HELP : `${await folder()}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function folder(): Promise<string> {
  const from = SOURCES.find((source) => source === values.from);
  if (values.from !== undefined && from === undefined) {
    throw new Error(`--from is one of ${SOURCES.join(', ')}`);
  }
  const { dir } = await obtainEtcd({
    ...(values.version === undefined ? {} : { version: values.version }),
    ...(from === undefined ? {} : { from }),
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    ...(values['releases-url'] === undefined ? {} : { releasesUrl: values['releases-url'] }),
    say: (line) => process.stderr.write(`${line}\n`),
  });
  return dir;
}
