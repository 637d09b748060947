import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSecretPort } from '../../functions/adapters/ssm-secrets.ts';
import { denied, expectFailure, throttled } from './aws-failures.ts';

const client = new SSMClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createSecretPort(client);

beforeEach(() => aws.reset());

describe('secrets', () => {
  test('are read decrypted in one call, with how they are kept', async () => {
    aws.on(GetParametersCommand, { Names: ['/s/ca', '/s/key'], WithDecryption: true }).resolves({
      Parameters: [
        { Name: '/s/ca', Value: 'pem', Type: 'String' },
        { Name: '/s/key', Value: 'open', Type: 'SecureString' },
      ],
    });
    expect(await port.read(['/s/ca', '/s/key', '/s/ca'])).toEqual(
      new Map([
        ['/s/ca', { value: 'pem', isSecure: false }],
        ['/s/key', { value: 'open', isSecure: true }],
      ]),
    );
    expect(aws.calls()).toHaveLength(1);
  });

  test('that do not exist are left out', async () => {
    aws.on(GetParametersCommand).resolves({ Parameters: [], InvalidParameters: ['/s/ca'] });
    expect(await port.read(['/s/ca'])).toEqual(new Map());
  });

  test('of none are no call', async () => {
    expect(await port.read([])).toEqual(new Map());
    expect(aws.calls()).toEqual([]);
  });

  test.each([{}, { Parameters: [{ Name: '/s/ca' }] }, { Parameters: [{ Value: 'x' }] }])(
    'are unknown when the answer is %j',
    async (answer) => {
      aws.on(GetParametersCommand).resolves(answer);
      await expectFailure(port.read(['/s/ca']), 'AWS_UNAVAILABLE', 'nextLook');
    },
  );

  test('that may not be read wait for a person, and a throttle for the next look', async () => {
    aws.on(GetParametersCommand).rejectsOnce(denied()).rejectsOnce(throttled());
    await expectFailure(port.read(['/s/ca']), 'AWS_DENIED', 'never');
    await expectFailure(port.read(['/s/ca']), 'AWS_THROTTLED', 'nextLook');
  });
});
