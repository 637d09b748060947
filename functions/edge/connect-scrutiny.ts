import { openScrutiny } from '../adapters/etcd/scrutiny.ts';
import type { EtcdAccess } from '../core/access.ts';
import type { ScrutinyPort } from '../core/checks/ports.ts';

/** For one question to one member. */
const MEMBER_DEADLINE_MS = 2_000;

/** What checks ask of each member beside what a pass asks. */
export const connectScrutiny = (access: EtcdAccess): ScrutinyPort =>
  openScrutiny({ ...access, deadlineMs: MEMBER_DEADLINE_MS });
