import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Plugin } from 'esbuild';

const PACKAGE_FILE = /node_modules[\\/].*package\.json$/;
const SCHEMA_FILE = /@aws-sdk[\\/]client-[a-z0-9-]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/;
/** A shape over several lines, the later ones indented (those of one line have no computed keys). */
const SHAPE = /^((?:export )?var [\w$]+ = )(\[.*\n(?: .*\n)*\]);$/gm;

/**
 * Leaves out what a Lambda function never uses of the AWS SDK.
 *
 * - Schemas. Every client describes all shapes of its service in one file, as
 *   `var Shape$ = [3, n0, …, { [_eQN]: `name` }]`. A computed key could run code,
 *   so esbuild keeps all of them: 550 KB for the one call to EC2 that we make.
 *   Wrapped as a pure call, a shape that nothing refers to goes away, and the
 *   others are built exactly as before.
 * - Credentials. Lambda gives them in the environment, so does the local region;
 *   the default chain would bring clients for STS, SSO and sign-in along.
 * - Event streams (none of our operations has one), and all of a package.json but
 *   its version, which goes into the user agent.
 */
export const awsSdkPlugin: Plugin = {
  name: 'aws-sdk',
  setup(build) {
    build.onLoad({ filter: SCHEMA_FILE }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(SHAPE, '$1/* @__PURE__ */ (() => $2)();'),
      loader: 'js',
    }));
    build.onLoad({ filter: PACKAGE_FILE }, async ({ path }) => {
      const { name, version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
    build.onResolve(
      { filter: /^@aws-sdk\/credential-provider-node$/ },
      async ({ path, importer, ...where }) => {
        if (where.pluginData === OUR_OWN_QUESTION) return null;
        // credential-provider-env is a dependency of credential-provider-node, so it is found from there.
        const chain = await build.resolve(path, {
          importer,
          kind: where.kind,
          resolveDir: where.resolveDir,
          pluginData: OUR_OWN_QUESTION,
        });
        return { path, namespace: ENV_CREDENTIALS, pluginData: dirname(chain.path), sideEffects: false };
      },
    );
    build.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: EVENT_STREAMS, namespace: EVENT_STREAMS } : null,
    );
    build.onLoad({ filter: /.*/, namespace: EVENT_STREAMS }, () => ({
      contents: `throw new Error('event streams are left out of the bundles, see infra/build/aws-sdk-plugin.ts');`,
      loader: 'js',
    }));
    build.onLoad({ filter: /.*/, namespace: ENV_CREDENTIALS }, ({ pluginData }) => ({
      contents: `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`,
      resolveDir: String(pluginData),
      loader: 'js',
    }));
  },
};

const ENV_CREDENTIALS = 'env-credentials';
const EVENT_STREAMS = 'event-streams';
const OUR_OWN_QUESTION = Symbol('resolve as if this plugin were not there');
