import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { statusPage } from '../../page/html.ts';
import { type Asked, cameOf, type PageMaterial } from '../../page/material.ts';
import { type ClusterOptions, clusterCommand, clusterNameOf } from '../cluster-command.ts';
import { EXIT, Failure, lineOf } from '../failure.ts';
import { openInvoker } from '../invoke.ts';
import type { Terminal } from '../terminal.ts';
import { askDoctor, isTrouble } from './answer.ts';
import { countsText } from './finding-text.ts';
import { askSnapshots } from './snapshots.ts';

interface ReportOptions extends ClusterOptions {
  readonly out: string;
}

const HELP = `
The page needs nothing else: no script, no font, no network; a browser shows it light or dark. It holds what status,
doctor and backup list tell: anybody who gets the file reads the names and addresses of the members.
The cluster is reached through the Lambda functions <stack>-membership, <stack>-checks and <stack>-backup: credentials, region
and endpoint are taken from where every AWS client takes them. They need lambda:InvokeFunction on these. What one of
them does not tell stands on the page as not known. Nothing is changed.
Exit codes: 0 nothing is wrong, 1 something is, or not all could be asked (the page is written all the same), 2 a mistake in
the input, neither of the first two functions could be asked, or the file could not be written.`;

/** Adds `report`. */
export function addReport(program: Command, terminal: Terminal, ending: { code: number }): void {
  clusterCommand(program, 'report', terminal)
    .description('Writes the state of a cluster as a page that any browser shows, without a network.')
    .requiredOption('--out <file>', 'the file to write; "-" for standard output')
    .addHelpText('after', HELP)
    .action(async (options: ReportOptions) => {
      const material = await gather(terminal.env, options);
      write(terminal, options, material);
      ending.code = isFine(material) ? EXIT.fine : EXIT.notHealthy;
    });
}

async function gather(env: Terminal['env'], options: ReportOptions): Promise<PageMaterial> {
  const { stack, out } = options;
  const cluster = clusterNameOf(options.cluster);
  const [status, doctor, snapshots] = await Promise.all([
    asked(openInvoker(env).status(stack, cluster)),
    asked(askDoctor(env, stack, cluster)),
    asked(askSnapshots(env, stack, cluster)),
  ]);
  if (status.missing !== undefined && doctor.missing !== undefined) throw new Failure(status.missing);
  const command = `etcd-autopilot report --cluster ${cluster} --out ${out}`;
  return { cluster, at: new Date().toISOString(), command, status, doctor, snapshots };
}

/** A page about trouble is wanted most when not everything answers. */
async function asked<T>(answer: Promise<T>): Promise<Asked<T>> {
  try {
    return { is: await answer };
  } catch (error) {
    if (error instanceof Failure) return { missing: lineOf(error) };
    throw error;
  }
}

const isFine = ({ status, doctor }: PageMaterial): boolean =>
  cameOf(status)?.health === 'healthy' && cameOf(doctor)?.findings.some(isTrouble) === false;

function write(
  terminal: Terminal,
  { out, json }: Pick<ReportOptions, 'out' | 'json'>,
  material: PageMaterial,
): void {
  const page = statusPage(material);
  if (out === '-') {
    terminal.out(page);
    return;
  }
  writeWhole(out, page);
  const doctor = cameOf(material.doctor);
  const found = doctor === null ? 'its checks could not be made' : countsText(doctor.findings);
  const health = cameOf(material.status)?.health ?? 'unknown';
  const told = { cluster: material.cluster, file: out, health, found };
  terminal.out(
    json === true
      ? `${JSON.stringify(told, null, 2)}\n`
      : `${told.cluster}: ${found}; the page is in ${out}\n`,
  );
}

/** In one go: whoever looks at the file meanwhile sees the page before or this one. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${randomUUID().slice(0, 8)}`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new Failure(`the page could not be written: ${lineOf(error)}`);
  }
}
