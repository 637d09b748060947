/** Parses text that somebody else may have written; `undefined` when it is not JSON. */
export function parseJson(text: string): unknown {
  // What is not there is the commonest of all, and to throw costs more than to parse.
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
