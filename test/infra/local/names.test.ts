import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Names, vpcDomainOf } from '../../../infra/local/fleet/names.ts';
import { chooseFlags, whereNamesResolve } from '../../../infra/local/namespace.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-names-'));
  path = join(dir, 'hosts');
});
afterEach(() => rmSync(dir, { recursive: true }));

const linesOf = (): readonly string[] => readFileSync(path, 'utf8').trimEnd().split('\n');

test('the domain is that of the VPC, which us-east-1 has its own way of naming', () => {
  expect(vpcDomainOf('us-east-1')).toBe('ec2.internal');
  expect(vpcDomainOf('eu-west-3')).toBe('eu-west-3.compute.internal');
});

describe('the hosts file', () => {
  test('names who lives, beside what this machine knows, and the address that all connections come from', () => {
    const names = new Names(path, 'eu-west-3', '127.0.0.1 localhost\n10.1.1.1 printer\n\n');
    names.add('i-0a', '127.44.5.1');
    names.add('i-0b', '127.44.5.2');
    names.remove('i-0a');
    names.remove('i-0a');
    expect(linesOf()).toEqual([
      '127.0.0.1 loopback.eu-west-3.compute.internal localhost',
      '127.0.0.1 localhost',
      '10.1.1.1 printer',
      '127.44.5.2 i-0b.eu-west-3.compute.internal',
    ]);
  });

  test('stays the same file, for it is mounted', () => {
    const names = new Names(path, 'us-east-1');
    const before = statSync(path).ino;
    names.add('i-0a', '127.44.5.1');
    names.remove('i-0a');
    expect(statSync(path).ino).toBe(before);
  });
});

describe('where names resolve', () => {
  test('a program sees them as they come and go, and nobody else does', () => {
    const names = new Names(path, 'us-east-1');
    const look = (): string => {
      const [command = '', ...args] = whereNamesResolve(path, [
        '/bin/sh',
        '-c',
        'cat /etc/hosts; echo $0-$1',
        'a b',
        "c'd",
      ]);
      return execFileSync(command, args, { encoding: 'utf8' });
    };
    names.add('i-0a', '127.44.5.1');
    expect(look()).toContain('127.44.5.1 i-0a.ec2.internal\n');
    expect(look()).toContain("a b-c'd\n");
    names.remove('i-0a');
    expect(look()).not.toContain('i-0a');
    names.add('i-0b', '127.44.5.2');
    expect(readFileSync('/etc/hosts', 'utf8')).not.toContain('i-0b');
  });

  test('root needs no user namespace, others do, and a machine that grants none is told so', () => {
    expect(chooseFlags(() => true)).toEqual(['-m']);
    expect(chooseFlags((flags) => flags.includes('-r'))).toEqual(['-r', '-m']);
    expect(() => chooseFlags(() => false)).toThrow(/mount namespace.*util-linux.*without TLS/);
  });
});
