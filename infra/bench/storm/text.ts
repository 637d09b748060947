/** A field of an input that is text, or nothing. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
