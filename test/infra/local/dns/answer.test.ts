import { describe, expect, test } from 'vitest';
import { respond } from '../../../../infra/local/dns/answer.ts';
import type { Zone, ZoneRecord } from '../../../../infra/local/dns/zones.ts';

const soa: ZoneRecord = {
  Name: 'example.com.',
  Type: 'SOA',
  TTL: '900',
  ResourceRecords: ['ns-1.awsdns-1.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400'],
};
const simple = (Name: string, Type: string, ...ResourceRecords: string[]): ZoneRecord => ({
  Name,
  Type,
  TTL: '30',
  ResourceRecords,
});
const multivalue = (Name: string, Type: string, SetIdentifier: string, value: string): ZoneRecord => ({
  ...simple(Name, Type, value),
  SetIdentifier,
  MultiValueAnswer: true,
});
const zone = (...records: ZoneRecord[]): Zone => ({
  id: 'Z1',
  name: 'example.com.',
  isPrivate: false,
  records: [soa, ...records],
});
/** The order that they stand in. */
const asTheyAre = <T>(items: readonly T[]): readonly T[] => items;
const ask = (zones: readonly Zone[], name: string, type = 'A') => {
  const { code, answers, authorities } = respond(zones, { name, type }, asTheyAre);
  const told = answers.map((answer) => ('data' in answer ? answer.data : null));
  return { code, told, soa: authorities.length };
};

describe('the answer', () => {
  test('is up to eight of the multivalue records of a name, in the order of the shuffle', () => {
    const records = Array.from({ length: 12 }, (_, n) =>
      multivalue('www.example.com.', 'A', `i-${n}`, `10.0.0.${n}`),
    );
    const backwards = <T>(items: readonly T[]): readonly T[] => items.toReversed();
    const { answers } = respond([zone(...records)], { name: 'www.example.com', type: 'A' }, backwards);
    expect(answers.map((answer) => ('data' in answer ? answer.data : null))).toEqual(
      [11, 10, 9, 8, 7, 6, 5, 4].map((n) => `10.0.0.${n}`),
    );
  });

  test('is every value of a simple record set, with its TTL', () => {
    const zones = [zone(simple('www.example.com.', 'A', '10.0.0.1', '10.0.0.2'))];
    expect(respond(zones, { name: 'WWW.example.com', type: 'A' }, asTheyAre).answers).toEqual([
      { name: 'www.example.com', ttl: 30, type: 'A', data: '10.0.0.1' },
      { name: 'www.example.com', ttl: 30, type: 'A', data: '10.0.0.2' },
    ]);
  });

  test.each([
    ['A', 'there is the name, with other types', 'v6.example.com', { code: 'NOERROR', told: [], soa: 1 }],
    ['A', 'there is only a name below it', 'deep.example.com', { code: 'NOERROR', told: [], soa: 1 }],
    ['A', 'there is no such name', 'nobody.example.com', { code: 'NXDOMAIN', told: [], soa: 1 }],
    ['A', 'there is no zone', 'example.org', { code: 'REFUSED', told: [], soa: 0 }],
    ['A', 'it only ends alike', 'notexample.com', { code: 'REFUSED', told: [], soa: 0 }],
    ['AAAA', 'it has the type', 'v6.example.com', { code: 'NOERROR', told: ['2001:db8::1'], soa: 0 }],
  ])('to %s, when %s', (type, _when, name, expected) => {
    const zones = [
      zone(
        multivalue('v6.example.com.', 'AAAA', 'i-1', '2001:db8::1'),
        simple('a.deep.example.com.', 'A', '10.0.0.1'),
      ),
    ];
    expect(ask(zones, name, type)).toEqual(expected);
  });

  test('that there is nothing may be remembered for the smaller of the two times of the SOA', () => {
    const { authorities } = respond([zone()], { name: 'nobody.example.com', type: 'A' }, asTheyAre);
    expect(authorities).toMatchObject([{ type: 'SOA', name: 'example.com', ttl: 900 }]);
  });

  test('follows a CNAME, also into another zone, and ends where there is none', () => {
    const other: Zone = {
      ...zone(),
      id: 'Z2',
      name: 'example.net.',
      records: [simple('a.example.net.', 'A', '10.1.1.1')],
    };
    const zones = [
      zone(
        simple('www.example.com.', 'CNAME', 'a.example.net'),
        simple('out.example.com.', 'CNAME', 'example.org'),
        simple('loop.example.com.', 'CNAME', 'loop.example.com'),
      ),
      other,
    ];
    expect(ask(zones, 'www.example.com').told).toEqual(['a.example.net', '10.1.1.1']);
    expect(ask(zones, 'www.example.com', 'CNAME').told).toEqual(['a.example.net']);
    expect(ask(zones, 'out.example.com')).toEqual({ code: 'NOERROR', told: ['example.org'], soa: 0 });
    expect(ask(zones, 'loop.example.com').told).toHaveLength(8);
  });

  test('to a name without records comes from the wildcard of its closest ancestor', () => {
    const zones = [
      zone(
        simple('\\052.example.com.', 'A', '10.0.0.9'),
        simple('there.example.com.', 'TXT', '"x"'),
        simple('\\052.sub.example.com.', 'A', '10.0.0.8'),
      ),
    ];
    expect(ask(zones, 'any.example.com').told).toEqual(['10.0.0.9']);
    expect(ask(zones, 'any.where.sub.example.com').told).toEqual(['10.0.0.8']);
    expect(ask(zones, 'there.example.com')).toEqual({ code: 'NOERROR', told: [], soa: 1 });
    expect(ask(zones, '*.example.com').told).toEqual(['10.0.0.9']);
  });

  test('of an alias are the records of its target', () => {
    const zones = [
      zone(
        { Name: 'www.example.com.', Type: 'A', AliasTarget: { DNSName: 'lb.example.com.' } },
        simple('lb.example.com.', 'A', '10.0.0.1'),
      ),
    ];
    expect(respond(zones, { name: 'www.example.com', type: 'A' }, asTheyAre).answers).toEqual([
      { name: 'www.example.com', ttl: 30, type: 'A', data: '10.0.0.1' },
    ]);
  });

  test('comes from the closest zone, and of two with one name from the private one', () => {
    const inner: Zone = {
      id: 'Z2',
      name: 'in.example.com.',
      isPrivate: false,
      records: [simple('a.in.example.com.', 'A', '10.2.2.2')],
    };
    const secret: Zone = {
      ...inner,
      id: 'Z3',
      isPrivate: true,
      records: [simple('a.in.example.com.', 'A', '10.3.3.3')],
    };
    const outer = zone(simple('a.in.example.com.', 'A', '10.1.1.1'));
    expect(ask([outer, inner], 'a.in.example.com').told).toEqual(['10.2.2.2']);
    expect(ask([outer, inner, secret], 'a.in.example.com').told).toEqual(['10.3.3.3']);
  });

  test('has numbers where SRV, MX and SOA have them, and the strings of a TXT one by one', () => {
    const zones = [
      zone(
        simple('_etcd-client._tcp.example.com.', 'SRV', '0 5 2379 i-1.example.com.'),
        simple('mail.example.com.', 'MX', '10 mx.example.com'),
        simple('text.example.com.', 'TXT', '"one \\"two\\"" "three"'),
      ),
    ];
    expect(ask(zones, '_etcd-client._tcp.example.com', 'SRV').told).toEqual([
      { priority: 0, weight: 5, port: 2379, target: 'i-1.example.com' },
    ]);
    expect(ask(zones, 'mail.example.com', 'MX').told).toEqual([
      { preference: 10, exchange: 'mx.example.com' },
    ]);
    expect(ask(zones, 'text.example.com', 'TXT').told).toEqual([['one "two"', 'three']]);
    expect(ask(zones, 'example.com', 'SOA').told).toMatchObject([{ serial: 1, minimum: 86_400 }]);
  });
});
