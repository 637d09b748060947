import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { etcdDescriptor } from './etcd3-descriptor.ts';

const POOL_FILE = /etcd3[\\/]lib[\\/]connection-pool\.js$/;
const IMPORT = /^const proto_loader_1 = require\("@grpc\/proto-loader"\);$/m;
const LOAD = /\(0, proto_loader_1\.loadSync\)\(`\$\{__dirname\}\/\.\.\/proto\/rpc\.proto`, \{[^}]*\}\)/;
const GRPC_FILE = /@grpc[\\/]grpc-js[\\/]build[\\/]src[\\/]/;
const GRPC_SERVER_PARTS = /^(?:@grpc\/proto-loader|\.\/server(?:-credentials|-interceptors)?)$/;
const DEFINITION = fileURLToPath(new URL('./etcd3-definition.ts', import.meta.url));

/**
 * Makes etcd3 work in one file, and leaves out what only a gRPC server needs.
 *
 * - etcd3 reads `rpc.proto` from its own folder when it is imported; a bundle has
 *   no such folder. The descriptor is made here, while bundling, and inlined;
 *   etcd3-definition.ts turns it into service definitions.
 * - grpc-js re-exports its server, and asks for proto-loader when somebody serves
 *   channelz or ORCA load reports. No client of etcd does: these imports get an
 *   empty module.
 */
export const etcd3Plugin: Plugin = {
  name: 'etcd3',
  setup(build) {
    let protoFile = '';
    build.onLoad({ filter: POOL_FILE }, async ({ path }) => {
      protoFile = join(dirname(path), '..', 'proto', 'rpc.proto');
      return { contents: inlineDefinition(await readFile(path, 'utf8')), loader: 'js' };
    });
    build.onResolve({ filter: /^etcd-autopilot:etcd-definition$/ }, () => ({ path: DEFINITION }));
    build.onResolve({ filter: /^etcd-autopilot:etcd-descriptor$/ }, () => ({
      path: 'etcd',
      namespace: 'descriptor',
    }));
    build.onLoad({ filter: /.*/, namespace: 'descriptor' }, () => ({
      contents: JSON.stringify(etcdDescriptor(protoFile)),
      loader: 'json',
    }));
    build.onResolve({ filter: GRPC_SERVER_PARTS }, ({ importer }) =>
      GRPC_FILE.test(importer) ? { path: 'grpc-server', namespace: 'empty' } : null,
    );
    build.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: '', loader: 'js' }));
  },
};

/** A new version of etcd3 that looks different must stop the build, not the function at its start. */
function inlineDefinition(source: string): string {
  if (!IMPORT.test(source) || !LOAD.test(source)) {
    throw new Error('etcd3 loads its protocol differently from what etcd3-plugin.ts knows');
  }
  return source
    .replace(IMPORT, `const definition = require('etcd-autopilot:etcd-definition');`)
    .replace(LOAD, 'definition.packageDefinition');
}
