import { expect, test } from 'vitest';
import { markOf } from '../../functions/core/dns/ownership.ts';
import { isOwned, ownerOf, placeProblems } from '../../functions/core/place.ts';

const ZONE = { name: 'example.com', isPrivate: false };
const WANTED = { zone: 'Z1', name: 'web.example.com', words: { zone: 'zone', name: 'name' } };
const OWNER = '111122223333/eu-west-1/etcd-autopilot';

test('the owner of a stack is its account and region, whatever the stack is called', () => {
  expect(ownerOf('arn:aws-cn:cloudformation:cn-north-1:111122223333:stack/web/77aa')).toBe(
    '111122223333/cn-north-1',
  );
});

test('a mark that dns wrote for the cluster is no obstacle, and one for another cluster is', () => {
  const place = (cluster: string) => ({
    zone: ZONE,
    records: [],
    marks: [markOf('web.example.com', cluster, OWNER)],
  });
  const owner = ownerOf('arn:aws:cloudformation:eu-west-1:111122223333:stack/web/77aa');
  expect(placeProblems('core', WANTED, place('core'), owner)).toEqual([]);
  expect(placeProblems('core', WANTED, place('edge'), owner)).toEqual([
    expect.stringMatching(/^name web\.example\.com belongs to somebody else, by _etcd-autopilot\./),
  ]);
});

test.each([
  [undefined, false],
  ['', false],
  ['{"version":1,"names":["www.example.com"],"digests":["x"]}', false],
  ['{"version":1,"names":["web.example.com"],"digests":["x"]}', true],
  ['{"version":2,"names":["web.example.com"],"digests":["x"]}', false],
])('the state %s says that the cluster owns the name: %s', (text, isOurs) => {
  expect(isOwned(text, 'web.example.com')).toBe(isOurs);
});
