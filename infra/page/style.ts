import { PAGE_STYLE } from '../demo/page-style.ts';

/** The style of a status page. */
export const STYLE = `${PAGE_STYLE}
:root { --warn: #7a5200; --warn-page: #fbf0d5; }
@media (prefers-color-scheme: dark) { :root { --warn: #f0c24b; --warn-page: #332a10; } }
@media print { :root { --warn: #7a5200; --warn-page: #fbf0d5; } }
.verdict.warned { border-color: var(--warn); background: var(--warn-page); } .verdict.warned strong { color: var(--warn); }
.figures dd { overflow-wrap: anywhere; line-height: 1.25; }
th, td { text-align: left; } td.figure, th.figure { text-align: right; } td { white-space: nowrap; } td.words { white-space: normal; min-width: 16em; }
.finding { border-left: 5px solid var(--line); background: var(--panel); border-radius: 0 8px 8px 0; padding: 10px 16px; margin: 10px 0; overflow-wrap: anywhere; }
.finding.critical { border-color: var(--bad); } .finding.warning { border-color: var(--warn); }
.finding h3 .severity { display: inline-block; margin-right: 8px; padding: 0 8px; border-radius: 4px; font-size: 13px; line-height: 1.6; background: var(--ink); color: var(--page); text-transform: uppercase; letter-spacing: 0.03em; }
.finding.critical h3 .severity { background: var(--bad); } .finding.warning h3 .severity { background: var(--warn); }
.finding h3 .subject { color: var(--soft); font-weight: 400; }
.finding p { max-width: 100ch; } .finding .evidence { font-size: 14px; color: var(--soft); }
.waits { padding-left: 20px; overflow-wrap: anywhere; }
svg { display: block; width: 100%; min-width: 640px; height: auto; font-family: system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
.grid { stroke: var(--line); stroke-width: 1; fill: none; } .tick { fill: var(--soft); font-size: 12px; }
.writes { fill: var(--voter); } .gap { fill: url(#gap); stroke: var(--gap); stroke-width: 0.8; } .restored { fill: var(--hook); }
footer { margin-top: 44px; border-top: 1px solid var(--line); padding-top: 12px; font-size: 14px; overflow-wrap: anywhere; }
@media (max-width: 700px) { main { padding: 18px 14px 40px; } h1 { font-size: 22px; } .verdict { font-size: 16px; } .figures dd { font-size: 18px; } }
@media print { @page { margin: 11mm; } main { max-width: none; padding: 0; } body { font-size: 12px; } svg { min-width: 0; } .scroll { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } figure, tr, .finding { break-inside: avoid; } h2 { break-after: avoid; } }
`;

/** What stands for a time of which nothing is known. */
export const PATTERNS = `<svg width="0" height="0" style="position:absolute;min-width:0" aria-hidden="true"><defs>
<pattern id="gap" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="1.4" height="7" fill="var(--gap)"/></pattern>
</defs></svg>`;
