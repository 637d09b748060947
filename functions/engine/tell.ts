import type { OutgoingEvent } from '../core/outgoing-event.ts';
import type { Ports } from './ports.ts';

/** Events are told after the fact, and best effort: an effect that happened is not undone by a deaf bus. */
export async function tell(
  { ports }: { readonly ports: Ports },
  events: readonly OutgoingEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await ports.events.publish(events).catch(() => undefined);
}
