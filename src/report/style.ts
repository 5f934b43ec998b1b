/**
 * The page's style. Colours are told apart by lightness and form too, and have a contrast of 4.5 for words and 3 for
 * marks against the page, in both schemes (WCAG 2.1, 1.4.3 and 1.4.11): a test measures it.
 */
export const style = `
:root { color-scheme: light dark;
  --page: #ffffff; --ink: #1c2126; --muted: #545d66; --line: #c9d0d6; --box: #f4f6f8;
  --done: #1f6f9f; --again: #8a5a00; --wrong: #b00020; --null: #5c6b78; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14181c; --ink: #e6eaee; --muted: #a4aeb8; --line: #3d464f; --box: #1d2329;
  --done: #58a9d6; --again: #e0a84a; --wrong: #ff7a85; --null: #93a1ae; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1032px; margin: 0 auto; padding: 16px 16px 64px; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 16px 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 48px 0 8px; padding-top: 8px; border-top: 1px solid var(--line); }
h3 { font-size: .9rem; margin: 16px 0 4px; overflow-wrap: anywhere; }
p { margin: 8px 0; max-width: 46rem; overflow-wrap: anywhere; }
code { font: .875em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.made, figcaption, caption { color: var(--muted); font-size: .875rem; }
a { color: inherit; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 16px 0; padding: 0; list-style: none; font-size: .875rem; }
.headlines { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 16px 0; }
.headlines div { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: 12px;
  background: var(--box); border-left: 4px solid var(--done); }
.headlines .look { border-left-color: var(--wrong); }
.headlines dt { color: var(--muted); font-size: .8125rem; overflow-wrap: anywhere; }
.headlines dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
p.look { border-left: 4px solid var(--wrong); padding-left: 12px; }
figure { margin: 8px 0; }
figcaption { max-width: 46rem; margin-top: 4px; }
svg.drawing { display: block; max-width: 100%; height: auto; overflow: visible; }
svg.drawing text { font-family: inherit; font-variant-numeric: tabular-nums; }
.defs { position: absolute; width: 0; height: 0; }
.narrow { display: none; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); gap: 8px 24px; }
.cell { min-width: 0; }
.key { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 8px 0; padding: 0; list-style: none; font-size: .875rem; }
.key li { display: flex; gap: 8px; align-items: baseline; }
.swatch { flex: none; position: relative; top: 2px; }
details { margin: 4px 0 16px; }
summary { cursor: pointer; font-size: .875rem; padding: 4px 0; }
.scroll { position: relative; overflow-x: auto; max-width: 100%; margin: 8px 0; }
.scroll:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--done); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .8125rem; }
caption { text-align: left; padding-bottom: 4px; }
th, td { text-align: left; vertical-align: top; padding: 4px 16px 4px 0; border-bottom: 1px solid var(--line);
  font-weight: 400; font-variant-numeric: tabular-nums; max-width: 30rem; overflow-wrap: break-word; }
td:last-child, th:last-child { padding-right: 0; }
thead th { font-weight: 600; }
caption.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.figure { text-align: right; }
.figure, .keep, td code { white-space: nowrap; }
@media (max-width: 1020px) { .wide { display: none; } .narrow { display: block; } }
@media print { details > :not(summary) { display: block; } }
`;

/** Fills that differ by more than their colour: the pictures refer to them. */
export const patterns = `<svg class="defs" aria-hidden="true"><defs>
<pattern id="again" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2.2" height="4" fill="var(--again)"/></pattern>
<pattern id="null" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2.2" height="4" fill="var(--null)"/></pattern>
<pattern id="absent" width="4" height="4" patternUnits="userSpaceOnUse"><rect width="4" height="1.2" fill="var(--null)"/></pattern>
<pattern id="wrong" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5" fill="var(--wrong)"/><path d="M0 0L5 5M5 0L0 5" stroke="var(--page)" stroke-width=".7"/></pattern>
</defs></svg>`;
