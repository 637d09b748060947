import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `local up` was asked for. */
export interface UpOptions {
  readonly cluster: string;
  readonly size: number;
  readonly dir: string;
  readonly port?: number;
  readonly detach?: boolean;
  readonly tls?: boolean;
  readonly auth?: boolean;
}

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A path as somebody in this folder would write it. */
export const shownPath = (path: string): string => relative(process.cwd(), path) || '.';
