import type { Part } from '../parts.ts';
import { measureStorms, STORM_SIZES } from './measure.ts';
import { stormText } from './report.ts';

/** What a storm of launches costs, in the simulation. */
export const stormPart: Part = async ({ say, quick }) => {
  const storm = await measureStorms({ sizes: quick ? STORM_SIZES.slice(0, -1) : STORM_SIZES, say });
  const lost = storm.filter(({ who, missing }) => who === 'ours' && missing > 0);
  return {
    keys: { storm },
    text: stormText(storm),
    targets: [],
    problems: lost.map(({ workers, missing }) => `of ${workers} workers ${missing} were never published`),
  };
};
