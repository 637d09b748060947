import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createNamedPort } from '../../functions/adapters/ssm-named.ts';
import { denied, expectFailure } from './aws-failures.ts';

const client = new SSMClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createNamedPort(client, 200);

beforeEach(() => aws.reset());

test('those that exist are read in one call, as plain text', async () => {
  aws
    .on(GetParametersCommand)
    .resolves({ Parameters: [{ Name: '/a', Value: 'x' }], InvalidParameters: ['/b'] });
  expect(await port.read(['/a', '/b'])).toEqual(new Map([['/a', 'x']]));
  expect(aws.commandCalls(GetParametersCommand).map(({ args }) => args[0].input)).toEqual([
    { Names: ['/a', '/b'], WithDecryption: false },
  ]);
});

test.each([
  [{}],
  [{ Parameters: [{ Name: '/a', Value: 'x' }] }],
  [{ Parameters: [{ Value: 'x' }], InvalidParameters: ['/a', '/b'] }],
  [{ Parameters: [{ Name: '/a' }], InvalidParameters: ['/b'] }],
])(
  'an answer that says nothing of a name is an error: that it is absent is said in so many words %#',
  async (answer) => {
    aws.on(GetParametersCommand).resolves(answer);
    await expectFailure(port.read(['/a', '/b']), 'AWS_UNAVAILABLE', 'nextLook');
  },
);

test('a denial is told as one', async () => {
  aws.on(GetParametersCommand).rejects(denied());
  await expectFailure(port.read(['/a']), 'AWS_DENIED', 'never');
});
