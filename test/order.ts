import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The longest files, in about the order of their length: whoever starts late must be short, or the others
 * wait for it at the end. The first waits for the queue more than a minute and needs no machine meanwhile;
 * regions stand apart, so that two of them seldom run at a time. A file that is not named here is a short one.
 */
const LONGEST_FIRST: readonly string[] = [
  'local-region/killed-function',
  'local-region/fronts',
  'real-etcd/crash-points',
  'real-etcd/slow-and-silent',
  'contract/etcd-secured',
  'contract/etcd-real',
  'local-region/wiped-disks',
  'infra/node/certificates',
  'real-etcd/scenarios',
  'real-etcd/replacement',
  'local-region/secured',
  'local-region/stacks',
  'infra/node/waiting',
  'real-etcd/secured',
  'infra/local/groups',
  'real-etcd/aside',
  'local-region/workers',
  'local-region/stock-clients',
  'infra/node/decision',
  'real-etcd/old-disks',
  'real-etcd/scaling',
  'real-etcd/strangers',
  'local-region/events',
  'local-region/reboots',
  'local-region/nginx',
  'real-etcd/zones',
  'real-etcd/membership',
  'local-region/command-line',
  'contract/versions',
  'infra/local/stage',
  'infra/local/faults-machines',
  'engine/crash-points',
  'simulation/gates/gates',
  'real-etcd/founding',
  'infra/local/region',
  'infra/node/life',
  'infra/local/groups-refresh',
  'infra/etcd/from-release',
  'infra/node/real-etcd',
  'local-region/sizes',
  'local-region/treatments',
  'local-region/two-versions',
  'local-region/faults',
];

/** Files of a group in that order, whatever their projects; what is not named comes after it, as vitest has it. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const groupOf = (file: TestSpecification) => file.project.config.sequence.groupOrder;
    return sorted.sort((a, b) => groupOf(a) - groupOf(b) || placeOf(a.moduleId) - placeOf(b.moduleId));
  }
}

function placeOf(moduleId: string): number {
  const name = relative(import.meta.dirname, moduleId).replace(/\.test\.ts$/, '');
  const place = LONGEST_FIRST.indexOf(name);
  return place < 0 ? LONGEST_FIRST.length : place;
}
