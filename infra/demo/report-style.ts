import { PAGE_STYLE } from './page-style.ts';

/** The style of every page of ours, and what the pictures of a run need. */
export const STYLE = `${PAGE_STYLE}
td:nth-child(2) { min-width: 11em; }
svg { display: block; width: 100%; min-width: 940px; height: auto; font-family: system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.step { border-top: 1px solid var(--line); padding-top: 22px; margin-top: 28px; }
.step h3 .nr, .nr { display: inline-block; min-width: 24px; padding: 0 6px; margin-right: 8px; border-radius: 4px; background: var(--ink); color: var(--page); text-align: center; font-size: 15px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 8px 40px; font-size: 14px; }
.columns h4 { margin: 10px 0 2px; font-size: 14px; } .columns ol, .columns ul { margin: 0; padding: 0; list-style: none; }
.columns li { display: grid; grid-template-columns: 70px 1fr; gap: 8px; padding: 1px 0; } .columns li > :first-child { color: var(--soft); text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.columns li.wide { grid-template-columns: 96px 1fr; } .hint { font-size: 13px; }
.columns li.book { color: var(--soft); }
.legend { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 4px 28px; padding: 0; margin: 8px 0; list-style: none; font-size: 14px; }
.legend li { display: grid; grid-template-columns: 78px 1fr; gap: 10px; align-items: center; }
.legend svg { min-width: 0; width: 78px; height: 20px; }
p.held { font-size: 14px; max-width: none; }
p.signs { font-size: 14px; max-width: none; }
text { fill: var(--ink); font-size: 11px; } .small, .tick, .tiny { fill: var(--soft); font-size: 10px; } .tiny { font-size: 10.5px; }
.caption, .tiny, .gap-text, .whole-text { paint-order: stroke; stroke: var(--page); stroke-width: 3px; }
.label, .caption { font-size: 11.5px; font-weight: 600; } .mono { font: 10.5px ui-monospace, "DejaVu Sans Mono", monospace; }
.badge, .number { fill: var(--ink); rx: 4px; } .badge-text, .number-text { fill: var(--page); font-weight: 700; } .badge-text { font-size: 12px; } .number-text { font-size: 10.5px; }
.rule { stroke: var(--line); stroke-width: 1; fill: none; } .axis, .stem { stroke: var(--soft); stroke-width: 1; } .stem { stroke-dasharray: 2 2; }
.even { fill: var(--band); } .odd { fill: none; } .whole { stroke: var(--good); stroke-width: 1.5; stroke-dasharray: 5 3; } .whole-text { fill: var(--good); font-weight: 600; font-size: 11px; }
.fold { fill: url(#fold); } .fold-text { fill: var(--soft); font-size: 10px; font-weight: 600; }
.deed { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 2 3; }
.bar { rx: 3px; stroke: var(--page); stroke-width: 0.5; } .on { font-size: 10.5px; font-weight: 600; pointer-events: none; fill: var(--on-light); }
.booting { fill: var(--booting); } .waiting { fill: var(--waiting); } .starting { fill: var(--starting); } .learner { fill: var(--learner); } .voter { fill: var(--voter); }
.leader { fill: var(--leader); } .silent { fill: url(#silent); } .dead { fill: url(#dead); } .out { fill: var(--out); } .bar.out { stroke: var(--line); }
.on.booting, .on.waiting, .on.starting, .on.learner, .on.out { fill: var(--ink); } .on.voter, .on.silent, .on.dead { fill: var(--on-dark); } .on.leader { fill: var(--page); }
.on.silent, .on.dead { paint-order: stroke; stroke: #17202a; stroke-width: 3px; }
.hook { fill: var(--hook); } .hook.launch { fill: url(#launch); stroke: var(--hook); stroke-width: 0.8; } .end { stroke: var(--ink); stroke-width: 2; }
.members { fill: none; stroke: var(--soft); } .short { fill: url(#bad); } .answering { fill: var(--answering); } .quorum { stroke: var(--quorum); stroke-width: 1.5; stroke-dasharray: 4 3; fill: none; }
.spread { stroke: var(--spread); stroke-width: 2; } .median { stroke: var(--median); stroke-width: 2; } .failed { stroke: var(--gap); stroke-width: 1.5; fill: none; }
.gap { fill: url(#bad); stroke: var(--gap); stroke-width: 0.8; } .gap-text { fill: var(--bad); font-weight: 600; font-size: 11px; }
.sign { fill: var(--panel); stroke: var(--soft); rx: 4px; } .sign.refused { stroke: var(--gap); stroke-dasharray: 3 2; } .sign-text { font-size: 11px; font-weight: 600; } .stroke { stroke: var(--soft); stroke-width: 1.5; }
.wait { fill: url(#wait); stroke: var(--hook); stroke-width: 0.8; rx: 3px; }
@media (max-width: 700px) { main { padding: 18px 14px 40px; } h1 { font-size: 22px; } .verdict { font-size: 16px; } }
@media print { @page { size: A4 landscape; margin: 11mm; } main { max-width: none; padding: 0; } body { font-size: 12px; line-height: 1.35; } h1 { font-size: 19px; } h2 { font-size: 15px; margin: 18px 0 4px; }
  h3 { font-size: 13px; } .verdict { font-size: 14px; padding: 7px 12px; margin: 8px 0; } .figures { margin: 8px 0; grid-template-columns: repeat(6, 1fr); } .figures dd { font-size: 16px; } .figures dt { font-size: 10px; }
  th, td { padding: 3px 8px; } .columns, .legend, .columns h4, p.held, p.signs, .hint { font-size: 9.5px; } .columns { line-height: 1.25; gap: 2px 24px; } .step { margin-top: 10px; padding-top: 8px; } h2, h3, h4, .step > p { break-after: avoid; }
  svg { min-width: 0; } .scroll { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } figure, tr, .legend li, .columns li { break-inside: avoid; } a { color: inherit; } }
`;

/** Hatchings, once for all pictures of the page. */
export const PATTERNS = `<svg width="0" height="0" style="position:absolute;min-width:0" aria-hidden="true"><defs>
${pattern('silent', 'var(--silent)', '#7a2f00', 3)}
${pattern('dead', 'var(--dead)', '#9aa3ad', 2)}
${pattern('bad', 'none', 'var(--gap)', 1.4)}
${pattern('wait', 'none', 'var(--hook)', 1)}
${pattern('fold', 'none', 'var(--line)', 1.5)}
${pattern('launch', 'none', 'var(--hook)', 2)}
</defs></svg>`;

function pattern(id: string, ground: string, stripe: string, width: number): string {
  return `<pattern id="${id}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" fill="${ground}"/><rect width="${width}" height="7" fill="${stripe}"/></pattern>`;
}
