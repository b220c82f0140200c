"""The style sheet of the report: light and dark, one column on a phone, printable."""

STYLE = """
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #16191d; --soft: #626b76; --line: #e1e5ea;
  --fused: #1d3f8f; --keyword: #5b8def; --text: #2aa198; --caption: #d99a2b; --image: #b565c9;
  --good: #14804a; --bad: #c2410c; --even: #8a94a0; --pale: #eef1f5 }
@media (prefers-color-scheme: dark) { :root { --ground: #12151a; --card: #1a1e25; --ink: #e8ebef; --soft: #98a2ae;
  --line: #2c333d; --fused: #9dbcff; --keyword: #4f7fd9; --text: #2f9c93; --caption: #c08a2c; --image: #a35bb8;
  --good: #4ac386; --bad: #ff8a5c; --even: #7d8894; --pale: #242a33 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere }
main { max-width: 860px; margin: 0 auto; padding: 36px 22px 70px }
h1, h2 { margin: 0; font-size: 28px; line-height: 1.2; font-weight: 680; letter-spacing: -.01em }
h3 { margin: 0 0 2px; font-size: 17px; font-weight: 640 }
header { margin: 0 0 18px } header.next { margin-top: 64px; padding-top: 34px; border-top: 3px solid var(--line) }
.lead { margin: 5px 0 0; color: var(--soft) } .lead a { color: inherit }
section { margin: 16px 0; padding: 18px 20px; background: var(--card); border: 1px solid var(--line); border-radius: 12px }
.soft { margin: 0 0 12px; color: var(--soft); font-size: 13.5px } th .soft { font-weight: 400 }
.good { color: var(--good) } .bad { color: var(--bad) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; margin: 0 0 16px }
.tile { display: flex; flex-direction: column; padding: 14px 16px; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px; color: var(--ink) }
.tile b { font-size: 27px; font-weight: 680; line-height: 1.15; letter-spacing: -.02em; font-variant-numeric: tabular-nums }
.tile.good b { color: var(--good) } .tile.bad b { color: var(--bad) }
.tile span { font-size: 13.5px } .tile small { min-height: 1.4em; color: var(--soft); font-size: 12.5px }
.small { margin: 0; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)) }
.small .tile { padding: 10px 13px; background: var(--pale); border: 0 } .small .tile b { font-size: 21px }
.small .tile small { display: none } .small .tile span { color: var(--soft); line-height: 1.3 }
.plot { overflow-x: auto } svg { display: block; max-width: 100%; height: auto; min-width: 560px; font: 13px system-ui, sans-serif }
svg .name { text-anchor: end; fill: var(--ink) } svg .figure { fill: var(--ink); font-weight: 640 }
svg .note, svg .tick { fill: var(--soft); font-size: 12px } svg .tick { text-anchor: middle }
svg text { font-variant-numeric: tabular-nums }
.grid, .rule { stroke: var(--line) } .zero { stroke: var(--even) } .whisker { stroke: var(--ink); stroke-width: 1.5; opacity: .75 }
.halo { stroke: var(--card); stroke-width: 5; opacity: .55 }
.span { stroke: var(--line); stroke-width: 4; stroke-linecap: round }
g.good .dot { fill: var(--good) } g.bad .dot { fill: var(--bad) } g.even .dot { fill: var(--even) }
g.good .figure { fill: var(--good) } g.bad .figure { fill: var(--bad) } g.even .figure { fill: var(--soft) }
.share0 { fill: var(--fused); background: var(--fused) } .share1 { fill: var(--keyword); background: var(--keyword) }
.share2 { fill: #b7c6e6; background: #b7c6e6 } .share3 { fill: var(--bad); background: var(--bad) }
.in0, .in1, .in3 { fill: #fff; font-weight: 600 } .in2 { fill: #1c2a4a; font-weight: 600 }
@media (prefers-color-scheme: dark) { .in0, .in3 { fill: #131a2b } .share2 { fill: #3a4a68; background: #3a4a68 } .in2 { fill: #dfe7f7 } }
.key { display: inline-flex; align-items: center; gap: 5px; margin-right: 12px; white-space: nowrap }
.key i { width: 11px; height: 11px; border-radius: 3px }
table { width: 100%; margin-top: 12px; border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; overflow-wrap: normal }
td, th { white-space: nowrap } .settings td { white-space: normal; overflow-wrap: anywhere }
td, tr:first-child th { text-align: right; padding: 6px 8px } th:first-child { text-align: left; font-weight: 600; padding: 6px 8px 6px 0 }
tr:first-child th { color: var(--soft); font-weight: 500 } tr + tr > * { border-top: 1px solid var(--line) }
.best { font-weight: 700 }
.settings td, .settings th, .settings tr:first-child th { text-align: left; color: inherit; font-weight: 400 }
summary { cursor: pointer; font-weight: 640 } details p { margin: 8px 0 }
.losses { display: grid; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); gap: 14px }
article { display: flex; flex-direction: column; padding: 14px; border: 1px solid var(--line); border-radius: 10px }
.query { display: flex; gap: 10px; align-items: flex-start; flex: 1 } .query p { margin: 0 0 8px; font-weight: 600; line-height: 1.35 }
.query q { quotes: none; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 5; overflow: hidden }
.asked { width: 96px; max-height: 110px; object-fit: contain; border-radius: 6px }
.ranks { display: flex; align-items: baseline; gap: 8px; margin: 0; color: var(--soft); font-size: 12.5px }
.value { font-size: 15px; color: var(--bad); font-variant-numeric: tabular-nums }
article ul { display: flex; flex-wrap: wrap; gap: 5px; margin: 5px 0 10px; padding: 0; list-style: none; font-size: 12px }
article li { padding: 1px 7px; border-radius: 20px; background: var(--pale) } article li.none { color: var(--soft) }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 10px } figure { margin: 0; min-width: 0 }
figure img, .blank { display: block; width: 100%; height: 150px; object-fit: cover; object-position: top;
  border: 1px solid var(--line); border-radius: 6px; background: #fff }
.blank, .empty { padding: 10px; overflow: hidden; font-size: 12px; color: var(--soft); background: var(--pale) }
figcaption { margin-top: 4px; font-size: 12px; line-height: 1.3; color: var(--soft) } figcaption b { display: block; color: var(--ink) }
@media print { section, article, .tile { break-inside: avoid } body { background: #fff } }
"""
