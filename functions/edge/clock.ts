import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../core/ports.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms) => wait(ms),
};
