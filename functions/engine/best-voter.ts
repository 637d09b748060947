import { OperationError } from '../core/errors.ts';
import type { MemberId } from '../core/identity.ts';
import type { Session } from './session.ts';

/** etcd's words where the member that is asked has not been connected to enough others for five seconds. */
const POORLY_CONNECTED = 'unhealthy cluster';

/** Where a change of members is asked for. */
interface Asked {
  readonly witness: string | null;
  readonly session: Session;
}

/**
 * Has a voter change the members: the witness, or another one after the witness said that it has not
 * known enough of the others for long. It judges by its own connections, and one that joined a moment
 * ago, and leads, would refuse for five seconds what the others take at once. Never the member that is
 * to be removed: it may stop before it answers.
 */
export async function askBestVoter(
  { witness, session }: Asked,
  removed: MemberId | null,
  ask: (endpoint: string) => Promise<unknown>,
): Promise<void> {
  const others = [...session.voters].filter(([endpoint, id]) => endpoint !== witness && id !== removed);
  const voters = [witness ?? '', ...others.map(([endpoint]) => endpoint)];
  if (voters.every((voter) => session.poorlyConnected.has(voter))) session.poorlyConnected.clear();
  const best = voters.find((voter) => !session.poorlyConnected.has(voter)) ?? '';
  try {
    await ask(best);
  } catch (error) {
    if (isPoorlyConnected(error)) session.poorlyConnected.add(best);
    throw error;
  }
}

const isPoorlyConnected = (error: unknown): boolean =>
  error instanceof OperationError &&
  error.code === 'ETCD_REFUSED' &&
  error.context['text'] === POORLY_CONNECTED;
