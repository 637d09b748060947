import type { tagsXml } from './autoscaling-shapes.ts';
import { FleetError, type Group } from './model.ts';
import { type Fields, list, record, text, textList } from './wire.ts';

/** Whether a group passes every filter of the request. */
export function matches(group: Group, input: Fields): boolean {
  return list(input['Filters'])
    .map(record)
    .every((filter) => {
      const values = textList(filter['Values']);
      const name = text(filter['Name']);
      const keyed = name.startsWith('tag:') ? name.slice('tag:'.length) : null;
      if (keyed !== null) return group.tags.some((tag) => tag.key === keyed && values.includes(tag.value));
      if (name === 'tag-key') return group.tags.some((tag) => values.includes(tag.key));
      if (name === 'tag-value') return group.tags.some((tag) => values.includes(tag.value));
      throw new FleetError('ValidationError', `Filter type ${name} is not correct.`);
    });
}

type TagXml = ReturnType<typeof tagsXml>[number];

/** Whether a tag passes every filter of the request. */
export function tagMatches(tag: TagXml, input: Fields): boolean {
  const columns: Readonly<Record<string, string>> = {
    'auto-scaling-group': tag.ResourceId,
    key: tag.Key,
    value: tag.Value,
    'propagate-at-launch': String(tag.PropagateAtLaunch),
  };
  return list(input['Filters'])
    .map(record)
    .every((filter) => textList(filter['Values']).includes(columns[text(filter['Name'])] ?? ''));
}
