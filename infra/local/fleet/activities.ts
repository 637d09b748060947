import { randomUUID } from 'node:crypto';
import type { Activity, Group, Instance, LaunchTemplate, Place } from './model.ts';

/** Notes the start of an activity, newest first. */
export function startActivity(
  group: Group,
  instanceId: string,
  place: Place,
  description: string,
  cause: string,
): Activity {
  const activity: Activity = {
    id: randomUUID(),
    groupName: group.name,
    instanceId,
    description,
    cause,
    place,
    startedAtMs: Date.now(),
    endedAtMs: null,
    status: 'InProgress',
    message: '',
  };
  group.activities.unshift(activity);
  return activity;
}

export function endActivity(activity: Activity, status: Activity['status']): void {
  Object.assign(activity, { status, endedAtMs: Date.now() });
}

/** The platform's way to write the time in a cause. */
export function at(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

export function instanceTags(group: Group, template: LaunchTemplate): Instance['tags'] {
  return [
    ...group.tags.filter((tag) => tag.propagate).map(({ key, value }) => ({ key, value })),
    { key: 'aws:autoscaling:groupName', value: group.name },
    { key: 'aws:ec2launchtemplate:id', value: template.id },
    { key: 'aws:ec2launchtemplate:version', value: template.version },
  ];
}
