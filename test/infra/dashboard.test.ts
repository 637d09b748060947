import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { namesOf, packagedTemplate, resourceOf } from './packaged.ts';
import { at } from './template-tree.ts';

const template = packagedTemplate();
const body = Object(resourceOf(template, 'Dashboard').Properties['DashboardBody'])['Fn::Sub'];
/** As CloudFormation makes it, in a stack of the usual name. */
const text = String(body)
  .replaceAll(`\${AWS::StackName}`, 'etcd-autopilot')
  .replaceAll(`\${AWS::Region}`, 'eu-west-1');
const dashboard: unknown = JSON.parse(text);

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly metrics: readonly unknown[];
}

const widgets: readonly Widget[] = [at(dashboard, 'widgets')].flat().map((widget) => {
  const number = (name: string) => Number(at(widget, name));
  return {
    type: String(at(widget, 'type')),
    x: number('x'),
    y: number('y'),
    width: number('width'),
    height: number('height'),
    metrics: [at(widget, 'properties', 'metrics') ?? []].flat(),
  };
});
const metrics = widgets.flatMap((widget) => widget.metrics.map((metric) => [metric].flat()));

const SEARCH =
  /^SEARCH\('\{EtcdAutopilot,cluster\} MetricName="(\w+)"', '(?:Maximum|Minimum|Sum|Average)', 60\)$/;

describe('the dashboard', () => {
  test('is one that CloudWatch takes: whole, with nothing left to be put in, on a grid of 24 columns', () => {
    expect(text).not.toContain('${');
    expect(Buffer.byteLength(text)).toBeLessThan(1_048_576);
    expect(widgets.length).toBeGreaterThan(15);
    expect(new Set(widgets.map(({ type }) => type))).toEqual(new Set(['text', 'metric']));
    for (const { x, width, type, metrics: shown } of widgets) {
      expect(x + width).toBeLessThanOrEqual(24);
      expect(shown.length > 0).toBe(type === 'metric');
    }
    const places = widgets.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, n) => `${x + (n % width)} ${y + Math.floor(n / width)}`),
    );
    expect(new Set(places).size, 'no two widgets in one place').toBe(places.length);
  });

  test('shows of clusters only what the functions emit, by a search that finds clusters founded later', async () => {
    const sources: string[] = [];
    for await (const file of glob('functions/**/*.ts')) sources.push(readFileSync(file, 'utf8'));
    const code = sources.join('\n');
    const searched = metrics.flatMap(([first]) => {
      const expression = at(first, 'expression');
      return typeof expression === 'string' ? [expression] : [];
    });
    expect(searched.length).toBeGreaterThan(15);
    for (const expression of searched) {
      const [, name] = SEARCH.exec(expression) ?? [];
      expect(name, expression).toBeDefined();
      expect(new RegExp(`\\b${name}:|'${name}'`).test(code), `${name} is emitted`).toBe(true);
    }
  });

  test('shows every function and every working queue of the stack', () => {
    const subjects = metrics.flatMap((metric) => metric.filter((one) => typeof one === 'string'));
    const named = (type: string, property: string) =>
      namesOf(template, type)
        .map((name) => Object(resourceOf(template, name).Properties[property])['Fn::Sub'])
        .map((name) => String(name).replace(`\${AWS::StackName}`, 'etcd-autopilot'));
    expect(subjects).toEqual(expect.arrayContaining(named('AWS::Lambda::Function', 'FunctionName')));
    const queues = named('AWS::SQS::Queue', 'QueueName').filter(
      (name) => !/-(?:dead|undelivered)/.test(name),
    );
    expect(queues.length).toBe(7);
    expect(subjects).toEqual(expect.arrayContaining(queues));
  });
});
