/** Text that may stand in HTML and SVG, between tags and in quoted attributes. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A coordinate: a tenth of a pixel is finer than anybody sees. */
export const px = (value: number): string => String(Math.round(value * 10) / 10);

/** `1.3 s`, `42 ms`. */
export function durationText(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${secondsText(ms)} s`;
}

export const secondsText = (ms: number): string => (ms / 1_000).toFixed(1);

export interface TextOptions {
  readonly kind: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

export function svgText(x: number, y: number, text: string, { kind, anchor }: TextOptions): string {
  const anchored = anchor === undefined || anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text class="${kind}" x="${px(x)}" y="${px(y)}"${anchored}>${escapeText(text)}</text>`;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A rectangle; what it means appears when a pointer rests on it. */
export function svgBox({ x, y, width, height }: Box, kind: string, tip = ''): string {
  const open = `<rect class="${kind}" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}"`;
  return tip === '' ? `${open}/>` : `${open}><title>${escapeText(tip)}</title></rect>`;
}

/** Whether a text of the small size fits into so many pixels, by the width of a generous font. */
export const fits = (text: string, width: number): boolean => widthOf(text) + 6 <= width;
export const widthOf = (text: string): number => text.length * 6.5;

/** The first row in which each item overlaps none before it: rows by the order of the items. */
export function packRows(
  items: readonly { readonly x: number; readonly width: number }[],
): readonly number[] {
  const ends: number[] = [];
  return items.map(({ x, width }) => {
    const free = ends.findIndex((end) => end <= x);
    const row = free === -1 ? ends.length : free;
    ends[row] = x + width;
    return row;
  });
}
