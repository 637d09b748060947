import { BACKUPS } from './list/backups.ts';
import { DNS } from './list/dns.ts';
import { EVIDENCE } from './list/evidence.ts';
import { FOUNDING } from './list/founding.ts';
import { GATES } from './list/gates.ts';
import { HOOKS } from './list/hooks.ts';
import { KEEPING } from './list/keeping.ts';
import { ONE_CHANGE } from './list/one-change.ts';
import { QUORUM } from './list/quorum.ts';
import { REBOOTS } from './list/reboots.ts';
import { RECOVERY } from './list/recovery.ts';
import { REGISTRY } from './list/registry.ts';
import { RESTORES } from './list/restoring.ts';
import { SIGNALS_AND_VERSIONS } from './list/signals.ts';
import { SIMULATED } from './list/simulated.ts';
import { STACKS } from './list/stacks.ts';
import { STORMS } from './list/storms.ts';
import { TELLING } from './list/telling.ts';
import { TERMINATION } from './list/termination.ts';
import { TOLERANCE } from './list/tolerance.ts';
import type { Mutant } from './mutant.ts';

/** Every fault, in the order in which they are tried. */
export const MUTANTS: readonly Mutant[] = [
  ...FOUNDING,
  ...QUORUM,
  ...ONE_CHANGE,
  ...EVIDENCE,
  ...TELLING,
  ...HOOKS,
  ...SIMULATED,
  ...STACKS,
  ...GATES,
  ...SIGNALS_AND_VERSIONS,
  ...TERMINATION,
  ...TOLERANCE,
  ...STORMS,
  ...DNS,
  ...REGISTRY,
  ...REBOOTS,
  ...RESTORES,
  ...BACKUPS,
  ...RECOVERY,
  ...KEEPING,
];
