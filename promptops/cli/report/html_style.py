"""The report's one style sheet: no script, font or image, light and dark, wide and narrow."""

from __future__ import annotations

from promptops.domain.palette import PALETTE

CSS = (
    PALETTE
    + """
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink); overflow-wrap: break-word;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
code {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em;
  overflow-wrap: anywhere;
}
ul { margin: 0; padding-left: 1.1rem; }
h1 { font-size: 1.65rem; line-height: 1.2; letter-spacing: -.02em; margin: 0; }
h2 { font-size: 1.0625rem; line-height: 1.3; margin: 0 0 .75rem; letter-spacing: -.005em; }
p { margin: 0 0 .6rem; }
p:last-child { margin-bottom: 0; }
.eyebrow, .soft { color: var(--soft); font-size: .875rem; }
.eyebrow { margin: 0 0 .35rem; }
.title { display: flex; flex-wrap: wrap; align-items: baseline; gap: .4rem .75rem; }
.pill {
  border-radius: 99px; padding: .1rem .7rem; font-size: .8125rem; font-weight: 550; white-space: nowrap;
  border: 1px solid var(--line); color: var(--soft); background: var(--card);
}
.verdict { font-size: 1rem; padding: .15rem .9rem; }
.good { color: var(--good); background: var(--good-wash); border-color: transparent; }
.bad { color: var(--bad); background: var(--bad-wash); border-color: transparent; }
.warn { color: var(--warn); background: var(--warn-wash); border-color: transparent; }
.why { border-radius: 12px; border-left: 4px solid currentColor; padding: .9rem 1.25rem; margin-top: 1.1rem; }
.remarks { margin-top: 1rem; color: var(--soft); font-size: .875rem; }
section {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem;
  margin-top: 1.25rem;
}
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem;
  margin-top: 1.25rem;
}
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .65rem .85rem; }
.tile b { display: block; font-size: 1.35rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tile.bad b { color: var(--bad); }
.tile.good b { color: var(--good); }
.tile.bad, .tile.good { background: var(--card); border-color: var(--line); color: inherit; }
.tile span { color: var(--soft); font-size: .8125rem; }
.interval { position: relative; height: 4.75rem; margin-top: .9rem; font-size: .75rem; color: var(--soft); }
.interval > * { position: absolute; }
.interval > .good, .interval > .bad, .interval > .warn { background: currentColor; }
.worse {
  left: 0; top: 1.4rem; height: 2rem; background: var(--bad-wash);
  border-right: 2px solid var(--bad);
}
.zero { top: 1.4rem; height: 2rem; border-left: 1px dashed var(--soft); }
.range { top: 2.25rem; height: .3rem; border-radius: 99px; }
.point { top: 2rem; width: .8rem; height: .8rem; margin-left: -.4rem; border-radius: 99px; }
.above { top: 0; font-weight: 600; color: var(--ink); margin-left: -.8rem; }
.below { top: 3.5rem; white-space: nowrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
th, td {
  text-align: left; vertical-align: top; padding: .45rem .9rem .45rem 0;
  border-top: 1px solid var(--line);
}
thead th { color: var(--soft); font-weight: 500; font-size: .8125rem; border-top: 0; padding-top: 0; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.case { min-width: 11rem; }
tr > :last-child { padding-right: 0; }
.no, .soft.missed { color: var(--bad); }
.yes, .soft.held { color: var(--good); }
.soft.uncertain { color: var(--warn); }
.track {
  height: .45rem; border-radius: 99px; background: var(--line); position: relative;
  min-width: 7rem; margin-top: .55rem;
}
.fill { height: 100%; border-radius: 99px; background: var(--good); }
.fill.missed { background: var(--bad); }
.fill.uncertain { background: var(--warn); }
.needed { position: absolute; top: -.2rem; bottom: -.2rem; width: 2px; background: var(--ink); }
.failed { list-style: none; margin: 0; padding: 0; }
.failed > li { border-top: 1px solid var(--line); padding: .75rem 0; }
.failed > li:first-child { border-top: 0; padding-top: 0; }
.failed > li:last-child { padding-bottom: 0; }
.failed .name { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem .5rem; }
.failed .name b { font-weight: 600; }
.failed ul { margin-top: .3rem; }
details { margin-top: .6rem; }
section > details:first-of-type { margin-top: 0; }
summary { cursor: pointer; color: var(--soft); font-size: .875rem; }
details > .scroll { margin-top: .6rem; }
pre {
  margin: .5rem 0 0; padding: .7rem .85rem; background: var(--well); border: 1px solid var(--line);
  border-radius: 8px; white-space: pre-wrap; font-size: .8125rem; max-height: 24rem; overflow: auto;
}
dl { display: grid; gap: .55rem 1.5rem; margin: 0; }
dt { color: var(--soft); font-size: .8125rem; }
dd { margin: 0; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
@media (min-width: 46rem) { dl { grid-template-columns: 1fr 1fr; } }
@media (max-width: 45.99rem) {
  main { padding-top: 1.25rem; }
  h1 { font-size: 1.4rem; }
  section { padding: 1rem; }
  .track { min-width: 3.5rem; }
}
@media print { details::details-content { content-visibility: visible; } section { break-inside: avoid; } }
"""
)
