import type { InstanceId } from '../identity.ts';
import { INSTANCE_ID } from '../names.ts';

/**
 * The instances that a client's id may stand for: an instance id, or that id's digits with zeros before them, 32 in
 * all, which is the form that Zincati asks of a machine's own id. Empty: it is neither.
 */
export function instancesOf(clientId: string): readonly InstanceId[] {
  if (INSTANCE_ID.test(clientId)) return [clientId];
  const [, long] = /^0{15}([0-9a-f]{17})$/.exec(clientId) ?? [];
  const [, short] = /^0{24}([0-9a-f]{8})$/.exec(clientId) ?? [];
  return [long, short].flatMap((digits) => (digits === undefined ? [] : [`i-${digits}`]));
}

/** The same for a client that must have 32 digits. */
export const clientIdOf = (instanceId: InstanceId): string => instanceId.slice('i-'.length).padStart(32, '0');
