import { openEtcdHttp } from '../../infra/demo/etcd-http.ts';
import { type StepCount, Writer } from '../../infra/demo/writer.ts';
import type { TestCluster } from './stage.ts';

/** A writer of unique keys beside a cluster, one every 20 ms, for as long as a test lets it. */
export interface Load {
  /**
   * Counts what is written while something is done, until the cluster is whole with so many voters.
   * `act` answers with the instance that must be gone by then, if one must.
   */
  during(desired: number, act: () => Promise<string | null>, seconds?: number): Promise<StepCount>;
  /** Ends it and reads everything back: how many writes were acknowledged, and how many of them are not there. */
  end(): Promise<{ readonly acked: number; readonly lost: number }>;
  close(): Promise<void>;
}

const LIMIT_SECONDS = 90;

export function openLoad(cluster: TestCluster): Load {
  const etcd = openEtcdHttp();
  const writer = new Writer(etcd, async () => (await cluster.stage.see()).endpoints);
  const steps: StepCount[] = [];
  writer.start();
  return {
    during: async (desired, act, seconds = LIMIT_SECONDS) => {
      writer.beginStep();
      const gone = await act();
      await cluster.untilWhole(desired, seconds, gone ?? undefined);
      const step = writer.countOf(steps.length);
      steps.push(step);
      return step;
    },
    end: async () => {
      await writer.stop();
      const lost = await writer.lostByStep();
      return {
        acked: steps.reduce((sum, { ackedWrites }) => sum + ackedWrites, 0),
        lost: lost.reduce((sum, count) => sum + count, 0),
      };
    },
    close: async () => {
      await writer.stop();
      etcd.close();
    },
  };
}
