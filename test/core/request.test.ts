import { describe, expect, test } from 'vitest';
import { parseRequest } from '../../functions/core/request.ts';

test.each(['status', 'plan'] as const)('an operator may ask for %s', (request) => {
  expect(parseRequest({ etcdAutopilot: 1, request, cluster: 'core' })).toEqual({
    ok: true,
    request: { request, cluster: 'core' },
  });
});

test('an operator may ask whether a version may be rolled out', () => {
  expect(parseRequest({ etcdAutopilot: 1, request: 'plan', cluster: 'core', etcdVersion: '3.7.1' })).toEqual({
    ok: true,
    request: { request: 'plan', cluster: 'core', etcdVersion: '3.7.1' },
  });
});

describe('anything else is refused with its reason', () => {
  test.each([
    [null, /not a JSON object/],
    [[], /not a JSON object/],
    ['status', /not a JSON object/],
    [{ request: 'status', cluster: 'core' }, /"etcdAutopilot": 1/],
    [{ etcdAutopilot: 2, request: 'status', cluster: 'core' }, /"etcdAutopilot": 1/],
    [{ etcdAutopilot: 1, request: 'remove', cluster: 'core' }, /"status", "plan" or "recover"/],
    [{ etcdAutopilot: 1, request: 'plan', cluster: 'core', etcdVersion: 'newest' }, /version like "3.6.14"/],
    [{ etcdAutopilot: 1, request: 'plan', cluster: 'core', etcdVersion: 3.7 }, /version like "3.6.14"/],
    [{ etcdAutopilot: 1, request: 'status', cluster: 'core', etcdVersion: '3.7.1' }, /goes with "plan"/],
    [{ etcdAutopilot: 1, request: 'status' }, /name like "core"/],
    [{ etcdAutopilot: 1, request: 'status', cluster: '../x' }, /name like "core"/],
  ])('%j', (event, reason) => {
    const parsed = parseRequest(event);
    expect(parsed.ok ? '' : parsed.reason).toMatch(reason);
  });
});
