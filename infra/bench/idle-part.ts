import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { STACK } from '../cli/local-up.ts';
import type { Region } from '../local/region.ts';
import { type IdlePass, idleOf, idleTargets, idleText } from './idle.ts';
import { OurCluster } from './our-cluster.ts';
import type { Part } from './parts.ts';
import { passesOf } from './passes.ts';
import { openQueue, type Queue } from './queue.ts';

const SIZES = [1, 3, 5, 7];
const QUICK_SIZES = [3];
const PASSES = 20;
/** The first ones open connections and are no warm passes. */
const COLD_PASSES = 2;
const WHOLE_MS_MAX = 120_000;
const PASS_MS_MAX = 30_000;
const QUEUE = `${STACK}.fifo`;

/** Passes on clusters of several sizes that are as they should be. The stories before it have deployed the autopilot. */
export const idlePart: Part = async ({ region, quick, say }) => {
  const queue = openQueue(region, QUEUE);
  const rows: IdlePass[] = [];
  const problems: string[] = [];
  try {
    for (const size of quick ? QUICK_SIZES : SIZES) {
      const row = await measureIdle(region, queue, size);
      if (row === null) problems.push(`idle pass, ${size} members: the cluster did not come to rest`);
      else rows.push(row);
      say(
        `idle pass of ${size}: ${row === null ? 'FAILED' : `${row.awsCalls} calls, ${Math.round(row.medianMs)} ms`}`,
      );
    }
  } finally {
    queue.close();
  }
  return { keys: { idlePass: rows }, text: idleText(rows), targets: idleTargets(rows), problems };
};

async function measureIdle(region: Region, queue: Queue, size: number): Promise<IdlePass | null> {
  const cluster = new OurCluster(region, `idle-${size}`, size);
  try {
    await cluster.found();
    const isAtRest = await cluster.untilAtRest(queue, [], WHOLE_MS_MAX, async () => true);
    if (!isAtRest) return null;
    await askForPasses(region, queue, cluster.name, COLD_PASSES);
    const sinceMs = Date.now();
    await askForPasses(region, queue, cluster.name, PASSES);
    return idleOf(size, passesOf(await cluster.teller.log(sinceMs), 0));
  } finally {
    await cluster.remove();
  }
}

/** One after the other, each when the one before is done. */
async function askForPasses(region: Region, queue: Queue, cluster: string, count: number): Promise<void> {
  const { endpoint, region: name } = region;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SQSClient({ endpoint, region: name, credentials });
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: QUEUE }));
    for (let nth = 0; nth < count; nth += 1) {
      const look = {
        etcdAutopilot: 1,
        request: 'look',
        cluster,
        from: 'bench',
        nonce: `${Date.now()}-${nth}`,
      };
      const message = { MessageBody: JSON.stringify(look), MessageGroupId: cluster };
      await client.send(new SendMessageCommand({ QueueUrl, ...message }));
      await queue.untilIdle(PASS_MS_MAX);
    }
  } finally {
    client.destroy();
  }
}
