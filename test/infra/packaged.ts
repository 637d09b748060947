import { readFileSync } from 'node:fs';
import { UPDATE_TEMPLATE } from '../../infra/build/package.ts';

/** A resource of the packaged template, as far as tests look at it. */
export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly Parameters: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The template that `osls package` made of serverless.yml. */
export function packagedTemplate(path: string = UPDATE_TEMPLATE): Template {
  const template: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isTemplate(template)) throw new Error(`${path} is not a template`);
  return template;
}

function isTemplate(value: unknown): value is Template {
  return ['Parameters', 'Resources', 'Outputs'].every((part) => typeof Object(value)[part] === 'object');
}

export function resourceOf(template: Template, name: string): Resource {
  const resource = template.Resources[name];
  if (resource === undefined) throw new Error(`the template has no ${name}`);
  return resource;
}

/** Names of all resources of a type, sorted. */
export function namesOf(template: Template, type: string): readonly string[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([name]) => name)
    .sort();
}

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

export interface Policy {
  readonly PolicyName: string;
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
}

/** The statements of one of a role's inline policies. */
export function statementsOf(template: Template, role: string, policyName: string): readonly Statement[] {
  const policies = resourceOf(template, role).Properties['Policies'];
  if (!Array.isArray(policies)) throw new Error(`${role} has no policies`);
  const policy = policies.filter(isPolicy).find(({ PolicyName }) => PolicyName === policyName);
  if (policy === undefined) throw new Error(`${role} has no policy ${policyName}`);
  return policy.PolicyDocument.Statement;
}

function isPolicy(value: unknown): value is Policy {
  return Array.isArray(Object(Object(value).PolicyDocument).Statement);
}

/** Actions that statements name, sorted, each once. */
export function actionsOf(statements: readonly Statement[]): readonly string[] {
  return [...new Set(statements.flatMap(({ Action }) => Action))].sort();
}
