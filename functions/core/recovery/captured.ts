import { decodeManifest, type Manifest } from '../backup/manifest.ts';
import { isRecord, parseJson } from '../json.ts';

/** The parameter `recovery/<number>/captured`: the survivor's database as it lies in the bucket, whole. Create-only. */
export interface Captured extends Manifest {
  readonly key: string;
}

export const encodeCaptured = ({ key, ...manifest }: Captured): string =>
  JSON.stringify({ version: 1, key, ...manifest });

/** `null` for what is none: then nothing was captured that could be restored. */
export function decodeCaptured(text: string): Captured | null {
  const value = parseJson(text);
  const manifest = decodeManifest(text);
  if (manifest === null || !isRecord(value) || typeof value['key'] !== 'string') return null;
  return { ...manifest, key: value['key'] };
}
