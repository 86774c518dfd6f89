// The style sheet of the pages for those who run the deployment: console and set-up.
import { COLOURS, GOOGLE_BUTTON } from './style.ts';

export const OPERATOR_STYLE = `${COLOURS}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 7rem; }
body { margin: 0; min-height: 100vh; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
a { color: var(--good); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--good); outline-offset: 2px; border-radius: .25rem; }
.skip { position: absolute; left: 1rem; top: -4rem; z-index: 3; padding: .5rem 1rem; border-radius: .5rem; background: var(--card); }
.skip:focus { top: .5rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.top { position: sticky; top: 0; z-index: 2; background: var(--card); border-bottom: 1px solid var(--line); }
.top > div { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem; max-width: 72rem; margin: 0 auto; padding: .65rem clamp(1rem, 3vw, 2rem); }
.mark { display: flex; align-items: center; gap: .6rem; color: var(--ink); font-weight: 650; letter-spacing: -.01em; text-decoration: none; }
.mark span { display: grid; place-items: center; width: 1.75rem; height: 1.75rem; border-radius: .5rem; background: var(--good); color: var(--card); font-size: 1rem; }
.top nav { order: 1; flex: 1 0 100%; margin: 0 -.7rem; } .top nav ul { display: flex; flex-wrap: wrap; gap: .15rem; margin: 0; padding: 0; list-style: none; }
.top nav a { display: block; padding: .3rem .7rem; border-radius: .5rem; color: var(--soft); text-decoration: none; }
.top nav a:hover { color: var(--ink); }
.top nav a[aria-current] { background: var(--good-soft); color: var(--good); font-weight: 600; }
.who { display: flex; align-items: center; gap: .75rem; margin-left: auto; min-width: 0; max-width: min(100%, 22rem); color: var(--soft); font-size: .9rem; }
.who bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.who form { flex: none; }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.75rem; max-width: 72rem; margin: 0 auto; padding: clamp(1.25rem, 4vw, 2.5rem) clamp(1rem, 3vw, 2rem) 4rem; }
main > *, section, .card { min-width: 0; }
h1 { margin: 0; font-size: clamp(1.5rem, 4vw, 2rem); line-height: 1.2; letter-spacing: -.02em; text-wrap: balance; overflow-wrap: anywhere; }
h2 { margin: 0 0 .85rem; font-size: 1.15rem; line-height: 1.3; letter-spacing: -.01em; }
h3 { margin: 0 0 .35rem; font-size: 1rem; line-height: 1.4; }
p { margin: 0 0 .75rem; max-width: 70ch; overflow-wrap: anywhere; }
p:last-child, ul:last-child, ol:last-child { margin-bottom: 0; }
.lead, .quiet { color: var(--soft); }
.lead { margin-top: .4rem; font-size: 1.05rem; }
.small { font-size: .9rem; }
header.page { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 1rem; }
header.page h2 { margin: 0; } header.page > div:first-child { flex: 1 1 20rem; min-width: 0; }
.card { padding: clamp(1rem, 3vw, 1.5rem); border: 1px solid var(--line); border-radius: .9rem; background: var(--card); }
.card.good { border-color: var(--good); background: var(--good-soft); }
.card.wait { border-color: var(--wait); background: var(--wait-soft); }
.card.bad { border-color: var(--bad); background: var(--bad-soft); }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.75rem; align-items: start; }
@media (min-width: 60rem) { .two.uneven { grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); } }
.state { display: flex; gap: .9rem; align-items: center; }
.state h1 { font-size: clamp(1.3rem, 3.5vw, 1.7rem); }
.state p { margin: .2rem 0 0; }
.state.good, .state.good p { color: var(--good); } .state.wait, .state.wait p { color: var(--wait); } .state.bad, .state.bad p { color: var(--bad); }
.sign { flex: none; display: grid; place-items: center; width: 1.9rem; height: 1.9rem; border-radius: 50%; background: currentColor; }
.sign::before { color: var(--card); font-weight: 700; }
.good > .sign::before, .sign.good::before { content: "\\2713"; } .bad > .sign::before, .sign.bad::before { content: "!"; } .wait > .sign::before, .sign.wait::before { content: "\\2026"; }
.sign.good { color: var(--good); } .sign.bad { color: var(--bad); } .sign.wait { color: var(--wait); }
.sign.none { background: transparent; border: 2px solid var(--line); }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem; margin: 0; }
.counts div { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: .9rem 1.1rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card); }
.counts dt { color: var(--soft); font-size: .9rem; }
.counts dd { margin: 0; font-size: 1.6rem; font-weight: 600; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.wide { position: relative; overflow-x: auto; border: 1px solid var(--line); border-radius: .75rem; background: var(--card); }
table { width: 100%; border-collapse: collapse; font-size: .925rem; font-variant-numeric: tabular-nums; }
caption { padding: .75rem 1rem 0; text-align: left; color: var(--soft); }
th, td { padding: .55rem 1rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 500; white-space: nowrap; }
td.number, th.number { text-align: right; }
td time, td.word { white-space: nowrap; }
td:not(.number, .word, .tick) { min-width: 7.5rem; overflow-wrap: break-word; }
td:not(.number, .word):has(> bdi) { min-width: 12rem; } td bdi { overflow-wrap: anywhere; }
td small { display: block; color: var(--soft); overflow-wrap: anywhere; }
.tag { display: inline-block; padding: .05rem .6rem; border-radius: 1rem; background: var(--paper); color: var(--soft); font-size: .85rem; white-space: nowrap; }
.tag.good { background: var(--good-soft); color: var(--good); } .tag.wait { background: var(--wait-soft); color: var(--wait); } .tag.bad { background: var(--bad-soft); color: var(--bad); }
.nothing { max-width: none; padding: 1rem 1.25rem; border: 1px dashed var(--line); border-radius: .75rem; color: var(--soft); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: center; margin-top: 1rem; }
form { margin: 0; }
button, .button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 2.5rem; padding: .3rem 1.1rem; border: 1px solid var(--line); border-radius: .6rem;
  background: var(--card); color: var(--ink); font: inherit; font-weight: 550; text-decoration: none; cursor: pointer;
}
button:hover, .button:hover { border-color: var(--soft); }
button.main { border-color: var(--good); background: var(--good); color: var(--card); }
button.grave { border-color: var(--bad); color: var(--bad); background: var(--card); }
button.tiny { min-height: 2rem; padding: .1rem .75rem; font-size: .875rem; }
button[disabled] { opacity: .55; cursor: default; }
${GOOGLE_BUTTON}label.check { display: flex; gap: .6rem; align-items: baseline; }
input[type="checkbox"] { width: 1.05rem; height: 1.05rem; accent-color: var(--good); transform: translateY(.1rem); }
.search { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr)); gap: .85rem 1rem; align-items: end; } .search .field { max-width: none; min-width: 0; } .search .all { grid-column: 1 / -1; }
header.person { justify-content: start; } header.person > div:nth-child(2) { flex: 1 1 14rem; min-width: 0; } header.person p { margin: .15rem 0 .5rem; } header.page > div.photo:first-child { flex: none; }
.photo { position: relative; display: grid; place-items: center; width: 4.5rem; height: 4.5rem; overflow: hidden; border-radius: 50%; background: var(--good-soft); color: var(--good); font-size: 1.5rem; font-weight: 600; }
.photo img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
.facts { display: grid; gap: .55rem; margin: 0; } .facts > div { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: .75rem; } .facts dt { color: var(--soft); font-size: .9rem; overflow-wrap: anywhere; } .facts dd { margin: 0; overflow-wrap: anywhere; }
.plain { margin: 0; padding: 0; list-style: none; } .plain li + li { margin-top: .35rem; } td.why { min-width: 16rem; overflow-wrap: anywhere; }
.stacked > * + * { margin-top: 1.25rem; } .give { padding-block: .75rem; } .give summary, td summary { margin: 0; } .give form, td form.stack-form { margin-top: .75rem; } td form.stack-form { min-width: 12rem; }
.findings { display: grid; gap: .75rem; margin: 0; padding: 0; list-style: none; }
.findings > li { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .2rem .9rem; padding: .9rem clamp(.9rem, 2.5vw, 1.25rem); border: 1px solid var(--line); border-radius: .75rem; background: var(--card); }
.findings > li.bad { border-color: var(--bad); }
.findings .sign { width: 1.6rem; height: 1.6rem; font-size: .9rem; }
.findings ol { margin: .6rem 0; padding-left: 1.3rem; } .findings ol li { margin: .3rem 0; max-width: 72ch; overflow-wrap: anywhere; }
.values { display: grid; gap: .75rem; margin: 0; }
.values dt { color: var(--soft); font-size: .9rem; }
.values dd { display: flex; flex-wrap: wrap; gap: .5rem; align-items: start; margin: .15rem 0 0; }
.values dd > p { flex-basis: 100%; max-width: none; margin: 0; }
.groups { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; } .groups > header h2 { margin: .4rem 0 0; } .groups > .two { gap: 1rem; align-items: stretch; }
.steps { margin: .5rem 0; padding-left: 1.3rem; } .steps li { margin: .3rem 0; max-width: 72ch; overflow-wrap: anywhere; }
.card > h3:not(:first-child) { margin-top: 1.1rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 1.25rem; align-items: end; margin: 0; padding: 0; list-style: none; }
.pictures li { display: grid; gap: .4rem; justify-items: start; font-size: .9rem; }
.prose { width: 100%; max-width: 42rem; margin: 0 auto; }
.prose h2 { margin: 2rem 0 .5rem; } .prose .card h2 { margin-top: 0; } .prose .card { margin-bottom: 2rem; }
.prose li { margin-bottom: .5rem; } .prose address { margin-bottom: .75rem; font-style: normal; overflow-wrap: anywhere; }
.prose nav { display: flex; gap: 1.25rem; margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
.stack-form { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; } .stack-form > * { margin: 0; }
fieldset { min-width: 0; margin: 0; padding: 0; border: 0; } legend { padding: 0; margin-bottom: .5rem; font-weight: 600; }
.choice { padding: .55rem 0; border-top: 1px solid var(--line); } .choice:first-of-type { border-top: 0; }
.choice .fields { display: flex; flex-wrap: wrap; gap: .75rem 1rem; margin: .6rem 0 .4rem 1.7rem; } @supports selector(:has(*)) { .choice:not(:has(input:checked)) .fields { display: none; } }
.field { display: grid; gap: .25rem; max-width: 26rem; } .choice .field { flex: 1 1 12rem; } .field > span { color: var(--soft); font-size: .9rem; }
input[type="text"], input[type="search"], input[type="date"], select {
  width: 100%; min-width: 0; min-height: 2.5rem; padding: .3rem .7rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--paper); color: var(--ink); font: inherit;
}
input[type="radio"] { width: 1.05rem; height: 1.05rem; accent-color: var(--good); transform: translateY(.1rem); flex: none; }
.notes { margin: .5rem 0 0; padding: .5rem .8rem .5rem 1.7rem; border-radius: .5rem; background: var(--wait-soft); color: var(--wait); font-size: .9rem; }
.names { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: .3rem 1.5rem; margin: .6rem 0 0; padding: 0; list-style: none; } .names li { min-width: 0; overflow-wrap: anywhere; } .names small { color: var(--soft); }
summary { margin-top: .6rem; cursor: pointer; color: var(--good); }
.tags { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; padding: 0; list-style: none; } a.tag { text-decoration: none; border: 1px solid var(--line); } a.tag:hover { border-color: var(--soft); } .tags .tag { white-space: normal; overflow-wrap: anywhere; }
input[type="date"]:is(:focus, :focus-within) { outline: 3px solid var(--good); outline-offset: 2px; }
.tabs { display: flex; gap: .25rem; border-bottom: 1px solid var(--line); } .tabs a { margin-bottom: -1px; padding: .5rem .9rem; border-bottom: 2px solid transparent; color: var(--soft); text-decoration: none; }
.tabs a:hover { color: var(--ink); } .tabs a[aria-current] { border-color: var(--good); color: var(--good); font-weight: 600; }
.filter { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: end; } .filter .field { flex: 1 1 10rem; } .filter .actions { margin: 0; }
.events { margin: 0; padding: 0; border: 1px solid var(--line); border-radius: .75rem; background: var(--card); list-style: none; } .events > li { padding: .8rem clamp(.9rem, 2.5vw, 1.25rem); border-top: 1px solid var(--line); } .events > li:first-child { border-top: 0; } .events p { max-width: none; margin: 0; }
.what { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; } .what a { color: var(--ink); font-weight: 600; }
.changes { display: grid; gap: .2rem; margin: .4rem 0; padding: 0; font-size: .925rem; list-style: none; } .changes li { display: flex; flex-wrap: wrap; gap: 0 1rem; } .changes li > * { min-width: 0; overflow-wrap: anywhere; } .changes .which { flex: 0 0 10rem; color: var(--soft); } .changes .which + * { flex: 1 1 16rem; }
td.tick { width: 1%; } td.reason { min-width: 16rem; }
.latency { display: grid; gap: 1rem; } .latency .counts { grid-template-columns: repeat(auto-fit, minmax(11rem, 15rem)); } .latency p { margin: 0; }
.chart { display: block; width: 100%; height: auto; } .chart text { fill: var(--soft); font-size: 12px; } .chart .rule { stroke: var(--line); } .chart .span { stroke: var(--line); stroke-width: 6; stroke-linecap: round; }
.chart .p50 { fill: var(--good); } .chart .p99 { fill: var(--card); stroke: var(--wait); stroke-width: 2; }
.dot { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; background: var(--good); } .dot.p99 { background: var(--card); border: 2px solid var(--wait); }
tbody th { color: var(--ink); font-weight: 500; }
ins { color: var(--good); text-decoration: none; } ins::before { content: "+ "; } del { color: var(--bad); text-decoration-thickness: 1px; } del::before { content: "\\2212 "; }
.button.main { border-color: var(--good); background: var(--good); color: var(--card); }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .9em; }
.value { flex: 0 1 auto; min-width: 0; padding: .3rem .6rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--paper); color: var(--ink); overflow-wrap: anywhere; white-space: pre-wrap; user-select: all; }
.said { max-width: none; padding: .8rem 1.1rem; border-radius: .75rem; background: var(--good-soft); color: var(--good); }
.said.bad { background: var(--bad-soft); color: var(--bad); }
section > * + *, .stack > * + * { margin-top: 1rem; } section > h2 + *, .stack > h3 + * { margin-top: 0; }
.two > * + *, .wide > * + * { margin-top: 0; }
.stack { margin-top: 1.5rem; }
.live { display: contents; }
.flow { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; } .flow > h2 { margin: 0; } .flow > * + * { margin-top: 0; }
.narrow { max-width: 40rem; margin: clamp(1rem, 8vh, 6rem) auto 0; }
footer { max-width: 72rem; margin: 0 auto; padding: 0 clamp(1rem, 3vw, 2rem) 2rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 40rem) {
  .who { width: 100%; max-width: none; margin-left: 0; justify-content: space-between; }
  .top { position: static; }
  th, td { padding: .5rem .75rem; }
  .roles td:nth-child(3) time::before { content: "Since "; }
  .roles td { display: block; border: 0; padding-block: .2rem; } .roles td:first-child { padding-top: .6rem; border-top: 1px solid var(--line); font-weight: 600; } .roles td:last-child { padding-bottom: .6rem; } .roles tbody tr { display: block; } .roles thead { display: none; } .roles td:not(.number, .word) { min-width: 0; }
}
`;
