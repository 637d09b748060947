import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { unpack } from '../../infra/build/archive.ts';
import { functionNames, HANDLER_FILE } from '../../infra/build/functions.ts';
import { invokeFromArchive } from './invoke.ts';

const BUNDLE_BYTES_MAX = 900_000;
const archiveOfFunction = (name: string): string => resolve('.build', `${name}.zip`);

let names: readonly string[] = [];
beforeAll(async () => {
  names = await functionNames(resolve('functions'));
});

test('there is an archive for every function that serverless.yml deploys, and for no other', async () => {
  const text = await readFile('serverless.yml', 'utf8');
  const deployed = [...text.matchAll(/artifact: \.build\/([a-z-]+)\.zip/g)].map((match) => match[1]);
  expect(deployed.sort()).toEqual(names);
});

test('every archive holds one file, of at most 900 KB', async () => {
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const { name: file, content } = unpack(await readFile(archiveOfFunction(name)));
    expect(file, name).toBe(HANDLER_FILE);
    expect(content.length, name).toBeLessThanOrEqual(BUNDLE_BYTES_MAX);
  }
});

describe('a malformed event', () => {
  test('is reported by membership as a failed record, or refused in words, never as a crash', async () => {
    const record = {
      messageId: 'm-1',
      body: 'not JSON',
      attributes: { MessageGroupId: 'core' },
      eventSource: 'aws:sqs',
    };
    for (const event of [{ Records: [record] }, { hello: 'world' }, null]) {
      const { returned, threw } = await invokeFromArchive(archiveOfFunction('membership'), event);
      expect(
        threw === null || /^(OperationError|InvariantError)/.test(threw),
        `${JSON.stringify(event)} ${threw}`,
      ).toBe(true);
      expect(returned !== null || threw !== null).toBe(true);
    }
  });

  test('is refused in words by custom-resources', async () => {
    for (const event of [{ hello: 'world' }, null]) {
      const { returned, threw } = await invokeFromArchive(archiveOfFunction('custom-resources'), event);
      expect(threw ?? JSON.stringify(returned)).toMatch(/EVENT_MALFORMED|malformed|not a request/i);
    }
  });
});

test('a bundle is made of our code and of packages, and of no file outside the checkout', async () => {
  for (const name of names) {
    const metafile: unknown = JSON.parse(await readFile(join('.build', `${name}.meta.json`), 'utf8'));
    const inputs = Object.keys(Object(Object(metafile).inputs));
    expect(inputs.length, name).toBeGreaterThan(10);
    expect(
      inputs.filter((path) => path.startsWith('..') || path.startsWith('/')),
      name,
    ).toEqual([]);
  }
});
