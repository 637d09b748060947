/** `2026-01-01 12:00:00 UTC` of an ISO time; what is none stays as it is. */
export function timeText(iso: string): string {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? iso : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** How long before the page something was: `3 minutes`, `2 h`, `5 days`; `null` where one of the two is no time. */
export function ageText(iso: string | null, at: string): string | null {
  const ms = Date.parse(at) - Date.parse(iso ?? '');
  if (Number.isNaN(ms)) return null;
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes === 0) return 'less than a minute';
  if (minutes < 120) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.5 GiB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let index = 0;
  while (value >= 1_024 && index < UNITS.length - 1) {
    value /= 1_024;
    index += 1;
  }
  return `${index === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[index]}`;
}

export const thousands = (value: number | bigint | string): string =>
  String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
