import { sightKey } from '../../core/backup/keys.ts';
import { figuresOf, sightOf } from '../../core/checks/figures.ts';
import { type Found, found } from '../../core/checks/finding.ts';
import { nextHashedAt } from '../../core/checks/hashing.ts';
import { isKnown, isLookedAfter, judgeChecks } from '../../core/checks/judge.ts';
import { hooksSeen, hooksToPut } from '../../core/checks/judge-platform.ts';
import { decodeChecks, encodeChecks } from '../../core/checks/memory.ts';
import { type Settled, settle } from '../../core/checks/settle.ts';
import { encodeSight, type SightSample } from '../../core/checks/sight.ts';
import type { ChecksWorld } from '../../core/checks/world.ts';
import { OperationError } from '../../core/errors.ts';
import { clusterPath, PARAMETER } from '../../core/names.ts';
import { look } from './look.ts';
import { observeChecks } from './observe.ts';
import type { ChecksPorts, ChecksRequest } from './ports.ts';

/** What a round of checks came to. */
export interface ChecksReport extends Pick<Settled, 'findings'> {
  readonly at: string;
  readonly degraded: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly backup: ChecksWorld['backup'];
  readonly samples: readonly SightSample[];
  /** False: nobody here knows such a cluster. */
  readonly isKnown: boolean;
  /** Hooks that were put back. */
  readonly hooksPut: readonly string[];
  /** Why the cluster could not be judged, or what was found could not be written or told; `null`: all went well. */
  readonly error: OperationError | null;
}

/**
 * Looks, judges, puts back what is ours and nobody else's to put back, and remembers. Nothing is written or told of
 * a cluster that is being deleted, nor where nobody could read what was remembered.
 */
export async function runChecks(ports: ChecksPorts, request: ChecksRequest): Promise<ChecksReport> {
  const looked = await look(ports, request);
  const world = await observeChecks(ports, request.cluster, looked);
  const mayWrite = request.mode === 'act' && looked.texts !== null && isLookedAfter(world) && isOurs(world);
  const judged = judgeChecks(world);
  const put = mayWrite ? await putHooks(ports, world) : { done: [], failed: [] };
  const repaired = judged.map((one) =>
    put.done.includes(one.subject) && one.code === 'hookMissing' ? done(one) : one,
  );
  const stored = mayWrite ? await writeSight(ports, world) : [];
  const settled = settle([...repaired, ...put.failed, ...stored], world.memory, {
    cluster: request.cluster,
    nowMs: world.nowMs,
    isLookedAfter: isLookedAfter(world),
    hooks: hooksSeen(world),
    hashedAt: nextHashedAt(world),
  });
  const error = mayWrite ? await remember(ports, world, settled) : null;
  return {
    at: new Date(world.nowMs).toISOString(),
    findings: settled.findings,
    degraded: mayWrite ? settled.memory.degraded : world.memory.degraded,
    figures: figuresOf(world, settled.findings),
    backup: world.backup,
    samples: (sightOf(world) ?? world.before)?.samples ?? [],
    isKnown: isKnown(world),
    hooksPut: put.done,
    error: looked.report.error ?? error,
  };
}

const done = (one: Found): Found => ({ ...one, repair: 'repaired' });

/** What a newer version wrote is left as it is. */
const isOurs = ({ texts }: ChecksWorld): boolean =>
  decodeChecks(texts.get(PARAMETER.checks)).kind === 'memory';

async function putHooks(
  ports: ChecksPorts,
  world: ChecksWorld,
): Promise<{ readonly done: readonly string[]; readonly failed: readonly Found[] }> {
  const groupName = world.world?.group.name ?? '';
  const [put, failed]: [string[], Found[]] = [[], []];
  for (const hook of hooksToPut(world)) {
    const error = await refusalOf(ports.settings.putHook(groupName, hook));
    if (error === null) put.push(hook.name);
    else
      failed.push(found('refused', hook.name, `the hook ${hook.name} cannot be put back: ${wordsOf(error)}`));
  }
  return { done: put, failed };
}

/** The last word of a cluster that is lost later: without it nobody can say how much is. */
async function writeSight(ports: ChecksPorts, world: ChecksWorld): Promise<readonly Found[]> {
  const sight = sightOf(world);
  if (sight === null || world.world === null) return [];
  const { bucket, prefix } = world.world.config.backup;
  const key = sightKey(prefix, world.cluster);
  const error = await refusalOf(ports.objectsIn(bucket).writeText(key, encodeSight(sight)));
  if (error === null) return [];
  return [found('sightUnwritten', key, `${key} cannot be written: ${wordsOf(error)}`)];
}

/**
 * Remembered before it is told: an event that is lost is made good by nobody, but one that is repeated for ever
 * hides all others. `null`: all went well.
 */
async function remember(
  ports: ChecksPorts,
  { cluster, texts }: ChecksWorld,
  { memory, events }: Settled,
): Promise<OperationError | null> {
  const text = encodeChecks(memory);
  const isSame = texts.get(PARAMETER.checks) === text;
  const name = clusterPath(cluster) + PARAMETER.checks;
  const unwritten = isSame ? null : await refusalOf(ports.parameters.write(name, text));
  if (unwritten !== null) return unwritten;
  return events.length === 0 ? null : refusalOf(ports.events.publish(events));
}

async function refusalOf(work: Promise<void>): Promise<OperationError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof OperationError) return error;
    throw error;
  }
}

const wordsOf = ({ code, message }: OperationError): string => `${code} (${message})`;
