import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PINNED_VERSION, RELEASES_URL } from '../etcd/from-release.ts';
import { buildLayer, type LayerRequest } from './layer.ts';

const OUT = fileURLToPath(new URL('../../.build/etcd-tools.zip', import.meta.url));

const HELP = `Builds the Lambda layer that the function "verification" restores snapshots with: etcd and etcdutl, in /opt/bin.

  npm run tools-layer -- [--etcd X.Y.Z] [--arch arm64|amd64] [--sha256 HEX] [--releases-url URL] [--out FILE]

  --etcd          version of etcd, 3.5 or newer (default: ${PINNED_VERSION})
  --arch          of the function: arm64 (default) as the packaged template has it, or amd64
  --sha256        of the release's archive, as published beside it (SHA256SUMS). With it the official release is taken;
                  without it the tools are built from their Go modules, which takes Go and some minutes
  --releases-url  a mirror of the official releases
  --out           the archive (default: .build/etcd-tools.zip)

Then publish it, and give its ARN to the autopilot's stack as EtcdToolsLayerArn:

  aws lambda publish-layer-version --layer-name etcd-tools --zip-file fileb://.build/etcd-tools.zip \\
    --compatible-architectures arm64 --query LayerVersionArn --output text

Exit codes: 0 built, 1 it could not be had or built, 2 a mistake in the input.
`;

function requestOf(args: readonly string[]): LayerRequest | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      etcd: { type: 'string', default: PINNED_VERSION },
      arch: { type: 'string', default: 'arm64' },
      sha256: { type: 'string' },
      'releases-url': { type: 'string', default: RELEASES_URL },
      out: { type: 'string', default: OUT },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return 'help';
  const { etcd: version, arch, sha256 = null, out } = values;
  if (!/^3\.(?:[5-9]|\d\d)\.\d{1,3}$/.test(version))
    throw new Error(`--etcd ${version}: give it like 3.6.14, 3.5 or newer`);
  if (arch !== 'arm64' && arch !== 'amd64') throw new Error(`--arch is arm64 or amd64, not ${arch}`);
  if (sha256 !== null && !/^[0-9a-f]{64}$/.test(sha256)) throw new Error('--sha256 is 64 hexadecimal digits');
  return { version, arch, sha256, out, releasesUrl: values['releases-url'], say };
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

let request: LayerRequest | 'help' | null = null;
try {
  request = requestOf(process.argv.slice(2));
} catch (error) {
  say(reasonOf(error));
  process.exitCode = 2;
}
if (request === 'help') process.stdout.write(HELP);
else if (request !== null) {
  const { out } = request;
  await buildLayer(request).then(
    ({ zippedBytes, bytes }) =>
      void process.stdout.write(
        `${out}: ${Math.round(zippedBytes / 1e6)} MB, unpacked ${Math.round(bytes / 1e6)} MB (Lambda takes 250 with the function)\n`,
      ),
    async (error: unknown) => {
      await rm(out, { force: true });
      say(reasonOf(error));
      process.exitCode = 1;
    },
  );
}
