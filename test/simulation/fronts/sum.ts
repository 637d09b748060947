import type { FrontsCounts, FrontsOutcome } from './history.ts';

const FIGURES = ['passes', 'coalesced', 'killed', 'effects', 'judged', 'hooks', 'seconds'] as const;
type Figure = (typeof FIGURES)[number];

export interface FrontsSummary {
  readonly histories: number;
  readonly figures: Readonly<Record<Figure, number>>;
  /** How many histories drew a fault, and how often a moment of each kind came up. */
  readonly drawn: Readonly<Record<string, number>>;
  readonly happened: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly seed: number; readonly violations: readonly string[] }[];
}

/** What many histories came to together. */
export class FrontsSum {
  readonly failures: { readonly seed: number; readonly violations: readonly string[] }[] = [];
  #histories = 0;
  readonly #figures = new Map<Figure, number>(FIGURES.map((name) => [name, 0]));
  readonly #drawn = new Map<string, number>();
  readonly #happened = new Map<string, number>();

  add({ seed, violations, swarm, counts }: FrontsOutcome): void {
    this.#histories += 1;
    if (violations.length > 0) this.failures.push({ seed, violations });
    for (const name of FIGURES) more(this.#figures, name, figureIn(counts, name));
    for (const name of swarm) more(this.#drawn, name, 1);
    for (const [name, count] of Object.entries(counts.happened)) more(this.#happened, name, count);
  }

  toSummary(): FrontsSummary {
    const figure = (name: Figure): number => this.#figures.get(name) ?? 0;
    return {
      histories: this.#histories,
      figures: {
        passes: figure('passes'),
        coalesced: figure('coalesced'),
        killed: figure('killed'),
        effects: figure('effects'),
        judged: figure('judged'),
        hooks: figure('hooks'),
        seconds: figure('seconds'),
      },
      drawn: Object.fromEntries([...this.#drawn].sort()),
      happened: Object.fromEntries([...this.#happened].sort()),
      failures: this.failures,
    };
  }

  text(seconds: number): string {
    const { histories, figures, happened, failures } = this.toSummary();
    const lines = [
      `${histories} histories of DNS and registry, ${(figures.seconds / 3_600).toFixed(0)} hours of the world in ${seconds.toFixed(0)} s`,
      `${figures.passes} passes, ${figures.coalesced} messages spared one, ${figures.killed} functions killed`,
      `${figures.effects} effects, ${figures.judged} of them judged, ${figures.hooks} hooks answered`,
      `moments: ${Object.entries(happened)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ')}`,
      failures.length === 0 ? 'every rule held in all of them' : `${failures.length} of them broke a rule`,
    ];
    return `${lines.join('\n')}\n`;
  }
}

const figureIn = (counts: FrontsCounts, name: Figure): number => counts[name];

function more<Key>(map: Map<Key, number>, name: Key, count: number): void {
  map.set(name, (map.get(name) ?? 0) + count);
}
