/**
 * How pages of ours look: reports and status pages. Colours are from the palette of Okabe and Ito, which people with
 * any colour vision tell apart, and nothing is told by colour alone: bars carry words, what is wrong is hatched.
 */
export const PAGE_STYLE = `
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
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 7px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; font-size: 13px; } th:first-child, td:first-child, th:nth-child(2), td:nth-child(2), td:last-child, th:last-child { text-align: left; }
td a { color: inherit; }
code { font: 14px ui-monospace, "DejaVu Sans Mono", monospace; background: var(--panel); padding: 1px 5px; border-radius: 4px; }
dl.setting { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; font-size: 14px; } dl.setting dt { color: var(--soft); } dl.setting dd { margin: 0; }
.scroll { overflow-x: auto; }
figure { margin: 12px 0 8px; } figcaption { color: var(--soft); font-size: 14px; }
`;
