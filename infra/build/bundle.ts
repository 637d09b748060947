import { build, type Metafile } from 'esbuild';
import { awsSdkPlugin } from './aws-sdk-plugin.ts';
import { etcd3Plugin } from './etcd3-plugin.ts';

export interface Bundle {
  readonly code: Uint8Array;
  /** What went in, by file: the IAM test and the table of the build read it. */
  readonly metafile: Metafile;
}

/**
 * One ESM file with everything that `entry` needs, for Lambda's Node 24.
 * The same sources give the same bytes.
 */
export async function bundleHandler(entry: string, root: string): Promise<Bundle> {
  const result = await build({
    entryPoints: [entry],
    absWorkingDir: root,
    outfile: 'handler.mjs',
    write: false,
    bundle: true,
    minify: true,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // The SDK's CommonJS builds cannot be tree-shaken (client-ec2 alone is 1 MB); its ES modules can.
    mainFields: ['module', 'main'],
    // CommonJS dependencies (grpc-js, etcd3) call `require` for Node's own modules.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [awsSdkPlugin, etcd3Plugin],
  });
  const output = result.outputFiles[0];
  if (output === undefined) throw new Error(`esbuild wrote nothing for ${entry}`);
  return { code: output.contents, metafile: result.metafile };
}
