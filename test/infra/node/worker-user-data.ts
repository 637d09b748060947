import { renderWorkersTemplate } from '../../../infra/build/render-cluster.ts';
import { at, isTree, readTemplate } from '../template-tree.ts';

/**
 * The user data that the rendered template of workers gives an instance, with these parameters. What the template
 * takes from the cluster's stack goes by the name that the text has for it: Version, Sha256, Releases.
 */
export function renderWorkerUserData(parameters: Readonly<Record<string, string>>): string {
  const template = readTemplate(renderWorkersTemplate());
  const parts = at(launchTemplate(template), 'UserData', 'Fn::Base64', 'Fn::Join', 1);
  if (!Array.isArray(parts)) throw new Error('the user data is not joined of parts');
  return parts.map(textOf).join('');

  function textOf(part: unknown): string {
    if (typeof part === 'string') return part;
    const name = at(part, 'Ref');
    if (typeof name === 'string') return settingOf(name);
    const sub = at(part, 'Fn::Sub');
    return String(Array.isArray(sub) ? sub[0] : sub).replace(/\$\{([\w:]+)\}/g, (_all, inner: string) =>
      settingOf(inner),
    );
  }

  function settingOf(name: string): string {
    return String(parameters[name] ?? at(template, 'Parameters', name, 'Default') ?? '');
  }
}

function launchTemplate(template: unknown): unknown {
  const resources = at(template, 'Resources');
  const found = Object.values(isTree(resources) ? resources : {}).find(
    (resource) => at(resource, 'Type') === 'AWS::EC2::LaunchTemplate',
  );
  return at(found, 'Properties', 'LaunchTemplateData');
}
