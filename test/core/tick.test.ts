import { expect, test } from 'vitest';
import { tickBody, tickNonce } from '../../functions/core/tick.ts';

const EVENT = {
  source: 'aws.events',
  'detail-type': 'Scheduled Event',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
};

test('the schedule is known by its event, and its nonce is the id, which repetitions share', () => {
  expect(tickNonce(EVENT)).toBe(EVENT.id);
});

test.each([
  null,
  'tick',
  [],
  {},
  { ...EVENT, source: 'aws.autoscaling' },
  { ...EVENT, 'detail-type': 'EC2 Instance Launch Successful' },
  { ...EVENT, id: undefined },
  { ...EVENT, id: '' },
  { ...EVENT, id: 'a"b' },
  { ...EVENT, id: 'x'.repeat(81) },
  { Records: [] },
])('%j is no tick', (event) => {
  expect(tickNonce(event)).toBeNull();
});

test('two minutes, two requests and two clusters are never the same message, which a queue would drop', () => {
  const bodies = ['n1', 'n2'].flatMap((nonce) =>
    (['check', 'backup'] as const).flatMap((request) =>
      ['a', 'b'].map((cluster) => tickBody(request, cluster, nonce)),
    ),
  );
  expect(new Set(bodies).size).toBe(8);
  expect(tickBody('check', 'a', 'n1')).toBe(bodies[0]);
});
