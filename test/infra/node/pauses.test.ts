import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { MemberHost } from './member-host.ts';

let host: MemberHost;
afterEach(() => host.destroy());

/** A machine whose `sleep` writes down how long it was asked to, and takes no time. */
function restless(condition = ''): MemberHost {
  host = new MemberHost({ address: '127.41.6.1', env: { ETCD_AUTOPILOT_POLL_SECONDS: '' } });
  host.program('sleep', `#!/bin/sh\necho "$1" >>${host.path('naps')}\n${condition}\nexit 0\n`);
  return host;
}

const naps = (): readonly string[] =>
  existsSync(host.path('naps')) ? readFileSync(host.path('naps'), 'utf8').trim().split('\n') : [];
const untilNaps = (count: number) => host.until(() => naps().length >= count, `${count} pauses`);
const times = (count: number, span: string): readonly string[] => Array.from({ length: count }, () => span);
const KEYS = 'meta-data/iam/security-credentials/core-MemberRole-1A2B3C';

describe('a machine without a ticket', () => {
  test('asks for it quickly at first, then twice a second, then once', async () => {
    await restless().boot();
    await untilNaps(17);
    expect(naps().slice(0, 17)).toEqual([...times(5, '0.2'), ...times(10, '0.5'), ...times(2, '1')]);
  });

  test('asks quickly once more when its ticket is announced, and only then', async () => {
    await restless().boot();
    await untilNaps(7);
    host.giveTicket({ state: 'joining' });
    await host.says('the member is being added');
    const before = naps().length;
    await untilNaps(before + 12);
    const after = naps().slice(7).join(' ');
    expect(after).toMatch(/^(0\.5 )*(0\.2 ){5}(0\.5 ?)+( 1)*$/);
  });

  test('asks less at once where Parameter Store refuses', async () => {
    restless().region.trouble = { status: 400, body: '{"__type":"ThrottlingException"}' };
    await host.boot();
    await untilNaps(4);
    expect(naps().slice(0, 4)).toEqual(['0.5', '1', '1', '1']);
  });

  test('waits whole seconds where sleep knows no others', async () => {
    await restless('case $1 in *.*) exit 1 ;; esac').boot();
    await untilNaps(4);
    expect(naps().slice(0, 4)).toEqual(['0.2', '1', '0.2', '1']);
  });
});

describe('the keys of the role', () => {
  const keysAsked = (): number => host.region.asked.filter((path) => path === KEYS).length;

  test('are asked for once as long as they serve, and again as soon as they do not', async () => {
    await restless().boot();
    await host.reads(6);
    expect(keysAsked()).toBe(1);
    host.region.trouble = { status: 400, body: '{"__type":"ExpiredTokenException"}' };
    await host.says('ExpiredTokenException');
    host.region.trouble = null;
    await host.reads(4);
    expect(keysAsked()).toBeGreaterThanOrEqual(2);
    const since = keysAsked();
    await host.reads(4);
    expect(keysAsked()).toBe(since);
  });
});
