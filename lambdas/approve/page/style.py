"""The one style sheet: it follows the reader's light or dark setting and needs no script, font or image."""

from __future__ import annotations

import base64
import hashlib

from promptops.domain.palette import PALETTE

CSS = (
    PALETTE
    + """
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
code, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }
.bar { background: var(--card); border-bottom: 1px solid var(--line); }
.bar > div, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
.bar > div {
  display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; padding-block: .6rem;
  min-height: 3.25rem;
}
.brand {
  font-weight: 650; letter-spacing: -.01em; color: var(--ink); text-decoration: none;
  margin-right: auto;
}
.brand span { color: var(--soft); font-weight: 400; }
.who { color: var(--soft); font-size: .875rem; }
main { padding-block: 1.75rem 2.5rem; }
footer { color: var(--soft); font-size: .8125rem; padding-bottom: 2rem; }
h1 { font-size: 1.65rem; line-height: 1.2; letter-spacing: -.02em; margin: 0 0 .4rem; }
h2 { font-size: 1.0625rem; line-height: 1.3; margin: 0 0 .9rem; letter-spacing: -.005em; }
h3 { font-size: .9375rem; margin: 0; }
p { margin: 0 0 .75rem; }
p:last-child { margin-bottom: 0; }
.eyebrow { color: var(--soft); font-size: .875rem; margin: 0 0 .35rem; }
.lead { color: var(--soft); margin: 0; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem;
  margin-top: 1.25rem;
}
.pills { display: flex; flex-wrap: wrap; gap: .4rem; margin: .85rem 0 0; padding: 0; list-style: none; }
.pill {
  border: 1px solid var(--line); border-radius: 99px; padding: .1rem .7rem; font-size: .8125rem;
  background: var(--card); color: var(--soft); white-space: nowrap;
}
.pill.good { color: var(--good); background: var(--good-wash); border-color: transparent; }
.pill.bad { color: var(--bad); background: var(--bad-wash); border-color: transparent; }
.pill.warn { color: var(--warn); background: var(--warn-wash); border-color: transparent; }
.move {
  display: flex; flex-wrap: wrap; align-items: baseline; gap: .15rem .6rem; font-size: 1.25rem;
  font-weight: 600;
}
.move .old { color: var(--soft); font-weight: 400; }
.facts { display: grid; gap: .55rem 1.5rem; margin: 0; }
.facts div { min-width: 0; }
.facts dt { color: var(--soft); font-size: .8125rem; }
.facts dd { margin: 0; white-space: pre-line; }
.banner {
  border-radius: 12px; padding: 1rem 1.25rem; margin-top: 1.25rem; border-left: 4px solid currentColor;
  color: var(--warn); background: var(--warn-wash);
}
.banner.good { color: var(--good); background: var(--good-wash); }
.banner.bad { color: var(--bad); background: var(--bad-wash); }
.banner h2 { margin-bottom: .25rem; }
.banner p { color: var(--ink); }
.scores {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .75rem;
}
.score {
  background: var(--well); border: 1px solid var(--line); border-radius: 10px;
  padding: .65rem .85rem;
}
.score b { display: block; font-size: 1.35rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.score span { color: var(--soft); font-size: .8125rem; }
.score.bad b { color: var(--bad); }
.score.good b { color: var(--good); }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
th, td {
  text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0;
  border-top: 1px solid var(--line);
}
th { font-weight: 500; }
thead th { color: var(--soft); font-size: .8125rem; border-top: 0; padding-top: 0; }
td del { background: var(--bad-wash); text-decoration-color: var(--bad); }
td ins { background: var(--good-wash); text-decoration: none; }
td del, td ins, td .mono { padding: .05rem .3rem; border-radius: 4px; }
.message { border: 1px solid var(--line); border-radius: 10px; overflow: hidden; margin-top: 1rem; }
.message header {
  display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; padding: .5rem .85rem;
  background: var(--well); border-bottom: 1px solid var(--line);
}
.message header span { color: var(--soft); font-size: .8125rem; }
.diff { font: .8125rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; padding: .35rem 0; }
.line { display: grid; }
.side {
  display: block; padding: 0 .85rem 0 2rem; white-space: pre-wrap; min-height: 1.6em;
  position: relative; text-decoration: none;
}
.side::before { content: ""; position: absolute; left: .85rem; font-weight: 700; user-select: none; }
del.side { background: var(--bad-wash); }
del.side::before { content: "\\2212"; color: var(--bad); }
ins.side { background: var(--good-wash); }
ins.side::before { content: "+"; color: var(--good); }
.side mark { color: inherit; border-radius: 3px; }
del.side mark { background: var(--bad-mark); }
ins.side mark { background: var(--good-mark); }
.same .side.old, .side.none { display: none; }
.fold summary { cursor: pointer; color: var(--soft); background: var(--well); padding: .1rem .85rem; }
.only .side { padding-left: .85rem; }
details > summary { cursor: pointer; }
.plain-list { margin: 0; padding-left: 1.1rem; }
.waiting { list-style: none; margin: 0; padding: 0; }
.waiting li { border-top: 1px solid var(--line); padding: .75rem 0; }
.waiting li:first-child { border-top: 0; padding-top: 0; }
.waiting li:last-child { padding-bottom: 0; }
.waiting a { font-weight: 600; }
.waiting span { display: block; color: var(--soft); font-size: .875rem; }
.steps { list-style: none; margin: 0; padding: 0; }
.steps li { display: grid; grid-template-columns: 13rem 1fr; gap: .75rem; padding: .2rem 0; }
.steps time { color: var(--soft); font-variant-numeric: tabular-nums; }
form.decision { display: grid; gap: 1.1rem; }
label { font-weight: 550; display: block; margin-bottom: .2rem; }
.hint { color: var(--soft); font-size: .875rem; margin: 0 0 .4rem; font-weight: 400; }
input[type=text], textarea {
  width: 100%; font: inherit; color: inherit; background: var(--well); border: 1px solid var(--soft);
  border-radius: 8px; padding: .55rem .75rem;
}
textarea { min-height: 5.5rem; resize: vertical; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; }
button, .button {
  font: inherit; font-weight: 600; padding: .6rem 1.4rem; border-radius: 8px; border: 1px solid transparent;
  cursor: pointer; background: var(--accent); color: var(--on-accent); text-decoration: none;
  display: inline-block;
}
button.reject { background: transparent; color: var(--bad); border-color: currentColor; }
button.quiet {
  background: none; border: 0; padding: .2rem .1rem; color: var(--accent); font-weight: 400;
  font-size: .875rem; text-decoration: underline;
}
button:hover, .button:hover { filter: brightness(1.08); }
.card > * + * { margin-top: 1rem; }
.card > h2 + *, .card > h1 + * { margin-top: 0; }
details > summary + * { margin-top: .5rem; }
.fold > summary + * { margin-top: 0; }
.notice { max-width: 36rem; margin: 2.5rem auto 0; }
@media (min-width: 46rem) {
  .facts.two { grid-template-columns: 1fr 1fr; }
  th { width: 15rem; }
  .card { padding: 1.5rem; }
  .line { grid-template-columns: 1fr 1fr; }
  .only .line { grid-template-columns: 1fr; }
  .same .side.old { display: block; }
  .side.none { display: block; background: var(--well); }
  .side + .side { border-left: 1px solid var(--line); }
}
@media (max-width: 45.99rem) {
  h1 { font-size: 1.4rem; }
  thead { display: none; }
  table, tbody, tr, th, td { display: block; border: 0; padding: 0; }
  tr { border-top: 1px solid var(--line); padding: .6rem 0; }
  tr:first-child { border-top: 0; padding-top: 0; }
  td::before { content: attr(data-label) " "; color: var(--soft); font-size: .8125rem; }
  .buttons button { flex: 1 1 8rem; }
  .steps li { grid-template-columns: 1fr; gap: 0; }
}
@media print { .decision, .bar form { display: none; } }
"""
)

#: What the Content-Security-Policy names; the browser refuses any other style.
CSS_HASH = "sha256-" + base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
