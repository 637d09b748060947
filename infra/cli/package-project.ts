import { join } from 'node:path';
import { ensurePackaged as ensureStackPackaged } from '../build/package.ts';
import { writeClusterTemplate } from '../build/render-cluster.ts';
import { Failure, lineOf } from './failure.ts';

/**
 * Packages the autopilot if a source of it changed, and renders the cluster's template.
 *
 * @throws {Failure} packaging failed.
 */
export async function ensurePackaged(root: string, log: (line: string) => void): Promise<void> {
  log('packaging the functions and templates, where they changed');
  try {
    await ensureStackPackaged(root);
    writeClusterTemplate(join(root, '.build'));
  } catch (error) {
    throw new Failure(`packaging failed (npm run package shows more): ${lineOf(error)}`);
  }
}
