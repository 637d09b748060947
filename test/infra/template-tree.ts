import { parse, type ScalarTag, type Tags } from 'yaml';

export type Tree = Readonly<Record<string, unknown>>;

export const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** CloudFormation's short forms as the long ones they stand for. */
const long = (name: string, key = `Fn::${name}`): Tags => {
  const scalar: ScalarTag = {
    tag: `!${name}`,
    resolve: (text) => ({ [key]: name === 'GetAtt' ? text.split('.') : text }),
  };
  return [
    scalar,
    {
      tag: `!${name}`,
      collection: 'seq',
      resolve: (items) => ({ [key]: 'toJSON' in items && items.toJSON() }),
    },
  ];
};
const SHORT_FORMS = [
  long('Ref', 'Ref'),
  long('Condition', 'Condition'),
  ...['Sub', 'GetAtt', 'If', 'Not', 'And', 'Or', 'Equals', 'Join', 'Split', 'Select', 'FindInMap'].map(
    (name) => long(name),
  ),
].flat();

/** A template of YAML as the tree that it stands for. */
export const readTemplate = (text: string): unknown => parse(text, { customTags: SHORT_FORMS });

export function at(tree: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce((value: unknown, key) => (isTree(value) ? value[key] : undefined), tree);
}

export const NOTHING = { Ref: 'AWS::NoValue' };
export const unless = (parameter: string, value: string) => ({
  'Fn::Not': [{ 'Fn::Equals': [{ Ref: parameter }, value] }],
});
