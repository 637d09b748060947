import { readFileSync } from 'node:fs';
import { renderClusterTemplate, renderWorkersTemplate } from '../../build/render-cluster.ts';
import { Failure, lineOf } from '../failure.ts';
import type { Holding } from './stack.ts';
import { readTemplate, type Template } from './template.ts';

/** The template of this version, its boot script packed into it, or the one in a file. @throws {Failure} it cannot be read */
export function packagedTemplate(kind: Holding['kind'], file: string | undefined): Template {
  if (file !== undefined) return readTemplate(textOf(file), file);
  return kind === 'core'
    ? readTemplate(renderClusterTemplate(), 'infra/cluster.yml')
    : readTemplate(renderWorkersTemplate(), 'infra/workers.yml');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${lineOf(error)}`);
  }
}
