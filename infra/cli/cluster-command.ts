import type { Command } from 'commander';
import { CLUSTER_NAME } from '../../functions/core/names.ts';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Options of every command that asks the autopilot about one cluster. */
export interface ClusterOptions {
  readonly cluster: string;
  readonly stack: string;
  readonly json?: boolean;
}

export const DEFAULT_STACK = 'etcd-autopilot';

export const REACH = `
The cluster is reached through the Lambda function <stack>-membership only: credentials, region and endpoint are
taken from where every AWS client takes them (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, ...). They need
lambda:InvokeFunction on that function. Nothing is changed.`;

export function clusterCommand(program: Command, name: string, terminal: Terminal): Command {
  return program
    .command(name)
    .option('--cluster <name>', 'name of the cluster (env: CLUSTER)', terminal.env['CLUSTER'] ?? '')
    .option(
      '--stack <name>',
      "name of the autopilot's stack (env: STACK)",
      terminal.env['STACK'] || DEFAULT_STACK,
    )
    .option('--json', 'print the answer as JSON');
}

export function clusterNameOf(text: string): string {
  if (text === '') throw new Failure('which cluster? Give --cluster NAME, or set CLUSTER');
  if (!CLUSTER_NAME.test(text)) {
    throw new Failure(
      `"${text}" is not a cluster name: a lower-case letter, then up to 31 lower-case letters, digits or hyphens`,
    );
  }
  return text;
}
