import type { Command } from 'commander';
import { parseVersion } from '../../functions/core/versions.ts';
import { type ClusterOptions, clusterCommand, clusterNameOf, REACH } from './cluster-command.ts';
import { EXIT, Failure } from './failure.ts';
import { openInvoker } from './invoke.ts';
import { planText } from './plan-text.ts';
import type { Terminal } from './terminal.ts';

interface PlanOptions extends ClusterOptions {
  readonly etcdVersion?: string;
}

const HELP = `
With --etcd-version it also says whether that version of etcd may be rolled out now: one minor at a time, from voters that
are new enough for it, and only while the cluster tolerates one more failure. A gate with that version says the same.

  etcd-autopilot plan --cluster core --etcd-version 3.6.14
${REACH}
Exit codes: 0 fine, 1 that version must not be rolled out now, 2 a mistake in the input, or the function could not be
reached.`;

/** Adds `plan`. */
export function addPlan(program: Command, terminal: Terminal, ending: { code: number }): void {
  clusterCommand(program, 'plan', terminal)
    .description('Shows what the next pass would do, and what it would wait for. Nothing is changed.')
    .option('--etcd-version <version>', 'version of etcd that is about to be rolled out')
    .addHelpText('after', HELP)
    .action(async (options: PlanOptions) => {
      const cluster = clusterNameOf(options.cluster);
      const { stack, etcdVersion } = options;
      if (etcdVersion !== undefined && parseVersion(etcdVersion) === null)
        throw new Failure(`--etcd-version must be a version like 3.6.14, got "${etcdVersion}"`);
      const answer = await openInvoker(terminal.env).plan(stack, cluster, etcdVersion);
      terminal.out(options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : planText(answer));
      const isRefused = (answer.preflight?.shortfalls.length ?? 0) > 0;
      ending.code = isRefused ? EXIT.notHealthy : EXIT.fine;
    });
}
