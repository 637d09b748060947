import type { Command } from 'commander';
import { clusterPath, PARAMETER } from '../../functions/core/names.ts';
import type { Cloud } from './cloud/ports.ts';
import { EXIT } from './failure.ts';
import { REACH, type Setting } from './stacks/command.ts';
import { isAllWell, type Listing, listingOf, listText } from './stacks/listing.ts';
import { targetsOf } from './stacks/stack.ts';

const HELP = `
Health is what the autopilot published last of a cluster; etcd-autopilot status looks anew.
${REACH}
Exit codes: 0 all is well; 1 a cluster is not healthy, or a stack is not whole; 2 a mistake in the input, or AWS could
not be reached or refused.`;

/** Adds `list`. */
export function addList(program: Command, { terminal, open, ending }: Setting): void {
  program
    .command('list')
    .description('Lists clusters and worker groups: sizes, health, and the states of their stacks.')
    .option('--json', 'print the list as JSON')
    .addHelpText('after', HELP)
    .action(async ({ json }: { readonly json?: boolean }) => {
      const cloud = await open();
      try {
        const listing = await look(cloud);
        terminal.out(json === true ? `${JSON.stringify(listing, null, 2)}\n` : listText(listing));
        ending.code = isAllWell(listing) ? EXIT.fine : EXIT.notHealthy;
      } finally {
        cloud.close();
      }
    });
}

async function look({ stacks, groups, parameters }: Cloud): Promise<Listing> {
  const [targets, shapes] = await Promise.all([stacks.list().then(targetsOf), groups.list()]);
  const clusters = [...new Set([...targets, ...shapes].map(({ cluster }) => cluster))].sort();
  const names = clusters.map((cluster) => `${clusterPath(cluster)}${PARAMETER.status}`);
  const published = names.length === 0 ? new Map<string, string>() : await parameters.read(names);
  const statuses = new Map(clusters.map((cluster, at) => [cluster, published.get(names[at] ?? '') ?? null]));
  return listingOf(targets, shapes, statuses);
}
