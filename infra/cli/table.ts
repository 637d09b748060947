/** Rows of text as aligned columns; the first row is the heading. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** A heading and its lines, or nothing where there are none. */
export const section = (heading: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `\n${heading}\n${lines.map((line) => `  ${line}\n`).join('')}`;

/** A kind and its words, without the cluster that every line is about. */
export function toldLine(cluster: string, told: { readonly kind: string; readonly text: string }): string {
  const about = `cluster ${cluster}: `;
  const words = told.text.startsWith(about) ? told.text.slice(about.length) : told.text;
  return `${told.kind}: ${words}`;
}
