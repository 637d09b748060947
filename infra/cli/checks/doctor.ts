import type { Command } from 'commander';
import { type ClusterOptions, clusterCommand, clusterNameOf } from '../cluster-command.ts';
import { EXIT } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { askDoctor, isTrouble } from './answer.ts';
import { doctorText } from './finding-text.ts';

const HELP = `
All checks are made now, by the Lambda function <stack>-checks: credentials, region and endpoint are taken from where every
AWS client takes them (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, ...). They need lambda:InvokeFunction on that function.
Nothing is changed. docs/checks.md says what is looked at, docs/runbook.md what to do about each finding.
Exit codes: 0 nothing is wrong (notices are no harm), 1 something is, 2 a mistake in the input, or the function could not be
reached or could not look.`;

/** Adds `doctor`. */
export function addDoctor(program: Command, terminal: Terminal, ending: { code: number }): void {
  clusterCommand(program, 'doctor', terminal)
    .description('Makes all checks of a cluster now, and says what is wrong and what to do about it.')
    .addHelpText('after', HELP)
    .action(async ({ cluster, stack, json }: ClusterOptions) => {
      const sight = await askDoctor(terminal.env, stack, clusterNameOf(cluster));
      terminal.out(json === true ? `${JSON.stringify(sight.answer, null, 2)}\n` : doctorText(sight));
      ending.code = sight.findings.some(isTrouble) ? EXIT.notHealthy : EXIT.fine;
    });
}
