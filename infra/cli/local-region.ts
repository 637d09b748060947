import { type Control, openControl } from '../local/control-client.ts';
import { type RegionRecord, readRunningRegion } from '../local/environment.ts';
import { Failure } from './failure.ts';

export interface RunningRegion {
  readonly record: RegionRecord;
  readonly control: Control;
}

/** @throws {Failure} no region runs in this directory, or it still starts */
export function reachRegion(dir: string): RunningRegion {
  const record = readRunningRegion(dir);
  if (record === null) {
    throw new Failure(
      `no local region is running in ${dir}; start one with: etcd-autopilot local up (or give its --dir)`,
    );
  }
  if (!URL.canParse(record.endpoint)) {
    throw new Failure(`the local region in ${dir} (process ${record.pid}) is still starting; try again soon`);
  }
  return { record, control: openControl(record.endpoint) };
}
