import { constants, gzipSync } from 'node:zlib';
import { z } from 'zod';

/** What our Butane files use of Butane. More is refused, so that nothing of a file is silently left out. */
const CONTENTS = z.union([
  z.strictObject({ inline: z.string() }),
  z.strictObject({ local: z.string().regex(/^[a-z.-]+$/) }),
]);
const BUTANE = z.strictObject({
  variant: z.enum(['flatcar', 'fcos']),
  version: z.enum(['1.1.0', '1.5.0']),
  storage: z.strictObject({
    files: z.array(
      z.strictObject({
        path: z.string().startsWith('/'),
        mode: z.int(),
        overwrite: z.boolean().optional(),
        contents: CONTENTS,
        append: z.array(CONTENTS).optional(),
      }),
    ),
  }),
  systemd: z.strictObject({
    units: z.array(z.strictObject({ name: z.string(), enabled: z.boolean(), contents: z.string() })),
  }),
});
type Contents = z.infer<typeof CONTENTS>;

/**
 * The Ignition configuration that Butane makes of a file of ours; `localText` is what the file names as local.
 * `infra/node/flatcar/compare.ts` holds this against the real Butane.
 *
 * @throws {ZodError} the file uses something of Butane that is not known here.
 */
export function toIgnition(butane: unknown, localText: (name: string) => string): unknown {
  const { storage, systemd } = BUTANE.parse(butane);
  const resource = (contents: Contents) =>
    packed('inline' in contents ? contents.inline : localText(contents.local));
  const files = storage.files.map(({ path, mode, overwrite, contents, append }) => ({
    path,
    mode,
    ...(overwrite === undefined ? {} : { overwrite }),
    contents: resource(contents),
    ...(append === undefined ? {} : { append: append.map(resource) }),
  }));
  return { ignition: { version: '3.4.0' }, storage: { files }, systemd };
}

/** Ignition takes URLs alone; user data has little room. */
function packed(text: string): { readonly source: string; readonly compression: string } {
  const plain = `data:,${encodeURIComponent(text)}`;
  const small = `data:;base64,${gzipSync(text, { level: constants.Z_BEST_COMPRESSION }).toString('base64')}`;
  return small.length < plain.length
    ? { compression: 'gzip', source: small }
    : { compression: '', source: plain };
}
