"""The style of a report's page: tabular figures, light and dark, narrow and wide, print."""

STYLE = """
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--ink:#1b2430;--soft:#566273;--line:#dde2e9;
--gain:#0b7a3e;--loss:#b3261e;--accent:#1f5fbf;--fill:#1f5fbf22;--warn:#fff7e0;--warn-ink:#5c4400}
@media(prefers-color-scheme:dark){:root{--ground:#12161c;--card:#1a2029;--ink:#e6ebf2;--soft:#9aa7b8;--line:#2c3542;
--gain:#4cc38a;--loss:#ff8a80;--accent:#7db2ff;--fill:#7db2ff26;--warn:#2e2814;--warn-ink:#f3dfa0}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;
font-variant-numeric:tabular-nums}
header,main{max-width:1120px;margin:0 auto;padding:20px 16px}
header{padding-bottom:0}h1{font-size:24px;margin:10px 0 2px}header p{margin:0;color:var(--soft);overflow-wrap:anywhere}
h2{font-size:18px;margin:0 0 12px}h3{font-size:14px;margin:18px 0 6px;color:var(--soft)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px;margin:0 0 16px}
.badge{display:inline-block;padding:2px 12px;border-radius:99px;font-weight:700;letter-spacing:.06em;font-size:13px;
background:#0b5cab;color:#fff}
.mode-live{background:#a3161a}.mode-sandbox{background:#6b3fa0}.mode-replay,.mode-backtest{background:#44505f}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:12px;padding:0;border:0;background:none}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.card span,.card small{display:block;color:var(--soft);font-size:13px}.card strong{font-size:22px}
.gain{color:var(--gain);fill:var(--gain)}.loss{color:var(--loss);fill:var(--loss)}.open{color:var(--soft)}
.limits{background:var(--warn);color:var(--warn-ink)}.limits ul{margin:0;padding-left:20px}
dl{margin:0}dl div{display:grid;grid-template-columns:200px 1fr;gap:12px;padding:5px 0;border-top:1px solid var(--line)}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.table{overflow-x:auto;margin-top:14px}table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;font-weight:600;padding-bottom:6px}
th,td{text-align:left;padding:6px 10px;border-top:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600;white-space:nowrap}.number{text-align:right;white-space:nowrap}
.verdict{white-space:nowrap}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:8px 28px}
figure{margin:0 0 16px}figcaption{font-weight:600;font-size:14px;margin-bottom:4px}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--soft);font-size:12px}.grid,.axis{stroke:var(--line);stroke-width:1}
.equity{fill:none;stroke:var(--accent);stroke-width:2}.equity-area{fill:var(--fill)}
.below{fill:none;stroke:var(--loss);stroke-width:1.5}.below-area{fill:var(--loss);opacity:.18}
@media(max-width:560px){dl div{grid-template-columns:1fr;gap:0}section{padding:14px}svg text{font-size:14px}}
@media print{body{background:#fff}section{break-inside:avoid}}
"""
