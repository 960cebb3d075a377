/** Style of <submission-preview>. Colours are mixed from the text colour around the element, so that it also suits a
 * dark page. A constructed style sheet needs no style-src in the host's policy. */

const CSS = `
:host {
  --_accent: var(--refscout-accent, color-mix(in oklab, currentcolor 40%, #12929f));
  --_muted: var(--refscout-muted, color-mix(in oklab, currentcolor 72%, transparent));
  --_line: var(--refscout-line, color-mix(in oklab, currentcolor 20%, transparent));
  --_wash: color-mix(in oklab, var(--_accent) 11%, transparent);
  --_warning: var(--refscout-warning, color-mix(in oklab, currentcolor 35%, #c98a12));
  --_error: var(--refscout-error, color-mix(in oklab, currentcolor 35%, #e0364a));
  --_radius: var(--refscout-radius, 10px);
  --_gap: var(--refscout-gap, 0.9rem);
  display: block;
  color: var(--refscout-text, inherit);
  background: var(--refscout-background, transparent);
  font: var(--refscout-font, inherit);
  line-height: 1.45;
  overflow-wrap: anywhere;
}
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; margin: 0; padding: 0; }
.box { display: grid; gap: var(--_gap); }
.promise { display: flex; gap: 0.5rem; color: var(--_muted); font-size: 0.875em; }
.promise svg { flex: none; width: 1.1em; height: 1.1em; margin-top: 0.15em; fill: none;
  stroke: var(--_accent); stroke-width: 1.6; }
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: 0.6rem; }
.said, .amount { color: var(--_muted); }
.amount { margin-top: calc(var(--_gap) * -0.6); font-size: 0.875em; font-variant-numeric: tabular-nums; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }
button { min-height: 2.75rem; padding: 0.4rem 1rem; border: 1px solid var(--_line);
  border-radius: var(--_radius); background: transparent; color: inherit; font: inherit;
  cursor: pointer; }
button.main { border-color: var(--_accent); background: var(--_wash); font-weight: 600; }
button:hover { border-color: currentcolor; }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
progress { width: 100%; height: 0.5rem; border: 0; border-radius: 99px; overflow: hidden;
  appearance: none; background: var(--_line); color: inherit; }
progress::-webkit-progress-bar { background: transparent; }
progress::-webkit-progress-value { background: var(--_accent); }
progress::-moz-progress-bar { background: var(--_accent); }
progress:indeterminate { background: linear-gradient(90deg, var(--_line) 30%, var(--_accent) 50%,
  var(--_line) 70%) 0 / 200% 100%; animation: sweep 1.8s linear infinite; }
progress:indeterminate::-moz-progress-bar { background: transparent; }
@keyframes sweep { from { background-position: 200% 0; } to { background-position: 0 0; } }
.notice { padding: 0.6rem 0.9rem; border: 1px solid var(--_line); border-radius: var(--_radius);
  font-size: 0.9375em; }
.notice { border-inline-start: 3px solid var(--_warning); }
.notice:is(.known, .collection) { border-inline-start-color: var(--_accent); }
.notice.problem { border-inline-start-color: var(--_error); }
.notices { display: grid; gap: 0.6rem; }
.results { display: grid; gap: 1.4rem 2rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); }
.results[aria-busy="true"] { opacity: 0.55; }
.heading { margin-bottom: 0.3rem; font-size: 1.125em; font-weight: 650; }
ol { list-style: none; }
li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0.1rem 0.8rem;
  padding: 0.65rem 0; border-top: 1px solid var(--_line); break-inside: avoid; }
.name, .title { font-weight: 600; }
.title { font-weight: 500; }
.detail { grid-column: 1 / -1; color: var(--_muted); font-size: 0.9em; }
.detail .title { font-weight: inherit; }
.score { grid-column: 2; grid-row: 1; align-self: start; padding: 0.05rem 0.5rem;
  border-radius: 99px; background: var(--_wash); font-size: 0.875em;
  font-variant-numeric: tabular-nums; }
a { color: inherit; text-decoration-color: var(--_accent); text-decoration-thickness: 1px;
  text-underline-offset: 0.18em; }
a:hover { text-decoration-thickness: 2px; }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
@media print { .controls, progress, .said, .amount { display: none !important; } }
`;

/** @type {CSSStyleSheet | null} */
let sheet = null;

/** The style sheet, shared by all elements of the page. */
export function styleSheet() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
