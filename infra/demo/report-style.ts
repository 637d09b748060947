/**
 * Colours are from the palette of Okabe and Ito, which people with any colour vision tell apart, and nothing is told
 * by colour alone: bars carry words, what is wrong is hatched.
 */
export const STYLE = `
:root { color-scheme: light dark;
  --page: #ffffff; --panel: #f6f7f9; --ink: #17202a; --soft: #566270; --line: #d9dee4; --band: #f1f4f7;
  --good: #00694d; --good-page: #e3f4ee; --bad: #a33b00; --bad-page: #fdeadf;
  --booting: #dfe3e8; --waiting: #f5e9ad; --starting: #ecd27a; --learner: #8fcdf0; --voter: #1f78b4; --leader: #0b3c66;
  --silent: #d55e00; --dead: #3a3f45; --out: #eceff2; --hook: #e69f00; --answering: #9fcbe6; --quorum: #17202a;
  --spread: #9fcbe6; --median: #0b5c94; --gap: #d55e00; --on-dark: #ffffff; --on-light: #17202a; }
@media (prefers-color-scheme: dark) { :root {
  --page: #11161c; --panel: #1a2129; --ink: #e8edf2; --soft: #a3b0bd; --line: #323c47; --band: #171e26;
  --good: #5fd3ae; --good-page: #12312a; --bad: #ff9a5c; --bad-page: #3a2214;
  --booting: #3b454f; --waiting: #8d7c2c; --starting: #b3922f; --learner: #2f6f96; --voter: #2a7ab8; --leader: #a9d8f7;
  --silent: #e8742a; --dead: #8b949e; --out: #27303a; --hook: #e69f00; --answering: #2a5f82; --quorum: #e8edf2;
  --spread: #2f6f96; --median: #8fcdf0; --gap: #ff8a3d; --on-dark: #ffffff; --on-light: #0d1319; } }
@media print { :root { color-scheme: light;
  --page: #ffffff; --panel: #f6f7f9; --ink: #17202a; --soft: #566270; --line: #d9dee4; --band: #f1f4f7;
  --good: #00694d; --good-page: #e3f4ee; --bad: #a33b00; --bad-page: #fdeadf;
  --booting: #dfe3e8; --waiting: #f5e9ad; --starting: #ecd27a; --learner: #8fcdf0; --voter: #1f78b4; --leader: #0b3c66;
  --silent: #d55e00; --dead: #3a3f45; --out: #eceff2; --answering: #9fcbe6; --quorum: #17202a;
  --spread: #9fcbe6; --median: #0b5c94; --gap: #d55e00; --on-dark: #ffffff; --on-light: #17202a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 28px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 20px; margin: 44px 0 8px; }
h3 { font-size: 17px; margin: 0 0 4px; }
p { margin: 6px 0; max-width: 80ch; }
.soft { color: var(--soft); }
.verdict { border-left: 6px solid var(--good); background: var(--good-page); padding: 12px 18px; margin: 18px 0; font-size: 18px; max-width: none; }
.verdict.failed { border-color: var(--bad); background: var(--bad-page); }
.verdict strong { color: var(--good); } .verdict.failed strong, .bad { color: var(--bad); }
.verdict ul { margin: 6px 0 0; padding-left: 22px; font-size: 16px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 18px 0; padding: 0; }
.figures div { background: var(--panel); border-radius: 8px; padding: 10px 14px; }
.figures dt { color: var(--soft); font-size: 13px; } .figures dd { margin: 0; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } td:nth-child(2) { min-width: 11em; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 7px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; font-size: 13px; } th:first-child, td:first-child, th:nth-child(2), td:nth-child(2), td:last-child, th:last-child { text-align: left; }
td a { color: inherit; }
figure { margin: 12px 0 8px; } figcaption { color: var(--soft); font-size: 14px; }
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
code { font: 14px ui-monospace, "DejaVu Sans Mono", monospace; background: var(--panel); padding: 1px 5px; border-radius: 4px; }
dl.setting { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; font-size: 14px; } dl.setting dt { color: var(--soft); } dl.setting dd { margin: 0; }
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
