import { parse } from 'yaml';
import { isRecord } from '../../../functions/core/json.ts';
import { renderClusterTemplate } from '../../../infra/build/render-cluster.ts';

/** The user data that the rendered cluster template gives an instance, with these parameters. */
export function renderUserData(parameters: Readonly<Record<string, string>>): string {
  const template: unknown = parse(renderClusterTemplate(), { logLevel: 'silent' });
  const data = at(template, 'Resources', 'MemberTemplate', 'Properties', 'LaunchTemplateData', 'UserData');
  const parts = at(data, 'Fn::Base64', 'Fn::Join', '1');
  if (!Array.isArray(parts)) throw new Error('the user data is not joined of parts');
  return parts.map((part: unknown) => (typeof part === 'string' ? part : filled(template, part))).join('');

  function filled(whole: unknown, part: unknown): string {
    return String(at(part, 'Fn::Sub')).replace(/\$\{(\w+)\}/g, (_all, name: string) =>
      String(parameters[name] ?? at(whole, 'Parameters', name, 'Default') ?? ''),
    );
  }
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)];
    return isRecord(inner) ? inner[key] : undefined;
  }, value);
}
