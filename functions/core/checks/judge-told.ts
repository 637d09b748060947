import { ADVICE, isFindingCode } from '../finding.ts';
import { PARAMETER } from '../names.ts';
import { findingsIn } from '../registry/status.ts';
import { type Found, found } from './finding.ts';
import type { ChecksWorld } from './world.ts';

/** What DNS and registry found when they looked last, each at its own time. */
export const judgeTold = ({ texts }: ChecksWorld): readonly Found[] =>
  [...texts]
    .filter(([name]) => name === PARAMETER.registry || name.startsWith(PARAMETER.dns))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([from, text]) =>
      findingsIn(text).flatMap(({ code, subject, detail }) => {
        if (!isFindingCode(code)) return [];
        const repair = code === 'edited' ? 'repaired' : 'left';
        return [found(code, subject, detail, { evidence: { from, remedy: ADVICE[code] }, repair })];
      }),
    );
