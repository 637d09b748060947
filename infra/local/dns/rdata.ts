import type { Answer } from 'dns-packet';

/** As the wire has it: no dot at the end, and no escapes. */
const plain = (name: string): string =>
  name
    .replace(/\.$/, '')
    .replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));

const QUOTED = /"((?:[^"\\]|\\.)*)"/g;

/**
 * A value of a record set as the wire has it. Null: a type that the local region's name server does not serve.
 *
 * @throws {Error} a value that Route 53 would not have taken
 */
export function answerOf(name: string, type: string, ttl: number, value: string): Answer | null {
  const head = { name: plain(name), ttl };
  const words = value.split(/\s+/);
  const number = (index: number): number => Number(words[index]);
  const word = (index: number): string => plain(words[index] ?? '');
  switch (type) {
    case 'A':
    case 'AAAA':
      return { ...head, type, data: value };
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { ...head, type, data: plain(value) };
    case 'TXT':
      return { ...head, type, data: stringsOf(value) };
    case 'MX':
      return { ...head, type, data: { preference: number(0), exchange: word(1) } };
    case 'SRV':
      return {
        ...head,
        type,
        data: { priority: number(0), weight: number(1), port: number(2), target: word(3) },
      };
    case 'SOA': {
      const [serial, refresh, retry, expire, minimum] = [
        number(2),
        number(3),
        number(4),
        number(5),
        number(6),
      ];
      return {
        ...head,
        type,
        data: { mname: word(0), rname: word(1), serial, refresh, retry, expire, minimum },
      };
    }
    default:
      return null;
  }
}

/** The strings of a TXT value, each in quotation marks. */
function stringsOf(value: string): string[] {
  return [...value.matchAll(QUOTED)].map(([, inside = '']) => inside.replace(/\\(.)/g, '$1'));
}
