import type { Sighting } from './stage.ts';

/** Says in words what changed between two sightings: who came, joined, was promoted, left, and why something waits. */
export function describeChanges(before: Sighting | null, after: Sighting): readonly string[] {
  return [...instanceChanges(before, after), ...memberChanges(before, after), ...waitChanges(before, after)];
}

function instanceChanges(before: Sighting | null, after: Sighting): readonly string[] {
  const old = new Map(before?.instances.map(({ id, lifecycle }) => [id, lifecycle]));
  const now = new Map(after.instances.map(({ id, lifecycle }) => [id, lifecycle]));
  const changed = [...now].filter(([id, lifecycle]) => old.get(id) !== lifecycle);
  const gone = [...old.keys()].filter((id) => !now.has(id));
  return [
    ...changed.map(([id, lifecycle]) => `instance ${id} is ${lifecycle}`),
    ...gone.map((id) => `instance ${id} is gone`),
  ];
}

function memberChanges(before: Sighting | null, after: Sighting): readonly string[] {
  if (after.status === null) return [];
  const roles = (sight: Sighting | null) =>
    new Map([
      ...(sight?.status?.learners ?? []).map(({ name }) => [name, 'learner'] as const),
      ...(sight?.status?.voters ?? []).map(({ name }) => [name, 'voter'] as const),
    ]);
  const old = roles(before);
  const now = roles(after);
  const lines: string[] = [];
  for (const [name, role] of now) {
    if (old.get(name) === role) continue;
    if (role === 'learner') lines.push(`member ${name} joined as learner`);
    else lines.push(old.has(name) ? `member ${name} was promoted: it votes` : `member ${name} votes`);
  }
  for (const name of old.keys()) if (!now.has(name)) lines.push(`member ${name} left the cluster`);
  const leader = after.status.leader;
  if (leader !== null && before?.status?.leader !== leader) lines.push(`member ${leader} leads`);
  return lines;
}

function waitChanges(before: Sighting | null, after: Sighting): readonly string[] {
  const old = new Set(before?.status?.waits.map(({ kind, subject }) => `${kind} ${subject ?? ''}`));
  const waits = after.status?.waits ?? [];
  return waits
    .filter(({ kind, subject }) => !old.has(`${kind} ${subject ?? ''}`))
    .map(({ kind, subject }) => `waiting: ${kind}${subject === null ? '' : ` (${subject})`}`);
}
