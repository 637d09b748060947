/** What differs from member to member; everything else is a flag that all have. */
const OWN = /^ETCD_(?:NAME|DATA_DIR|(?:INITIAL|LISTEN|ADVERTISE)_.*)$/;

/** The flags that the boot script gave an etcd, from its environment file: the floor's etcd has the same. */
export function flagsOf(environmentFile: string): Readonly<Record<string, string>> {
  const pairs = environmentFile
    .split('\n')
    .map((line) => /^(ETCD_[A-Z0-9_]+)='?([^']*)'?$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, name = '', value = '']) => [name, value] as const);
  return Object.fromEntries(pairs.filter(([name]) => !OWN.test(name)));
}
