import { columnShares } from './columns.js';
import type { NamedText, ReportFacts } from './facts.js';
import { moment } from './figures.js';
import { oddities, rejects } from './findings.js';
import { html, Markup, table } from './html.js';
import { overview, planAndGenerations, targetsAndLive } from './overview.js';
import { partitions } from './partitions.js';
import { rangeMap } from './range-map.js';
import { sources } from './sources.js';
import { patterns, style } from './style.js';
import { throughput } from './throughput.js';

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}

const pairs = (caption: string, all: readonly NamedText[]): Markup =>
  table(
    caption,
    ['', ''],
    all.map(({ name, text }) => [name, text]),
  );

async function sectionsOf(facts: ReportFacts): Promise<Section[]> {
  return [
    { id: 'map', title: 'Map of ranges', body: await rangeMap(facts.map) },
    { id: 'targets', title: 'Targets', body: targetsAndLive(facts.targets, facts.live) },
    { id: 'findings', title: 'Rejects', body: rejects(facts.rejects) },
    { id: 'oddities', title: 'Oddities', body: oddities(facts.oddities) },
    { id: 'throughput', title: 'Throughput', body: await throughput(facts.work) },
    { id: 'sources', title: 'Rows and bytes by source', body: await sources(facts.sources) },
    { id: 'columns', title: 'NULL by column', body: await columnShares(facts.shards) },
    { id: 'months', title: 'Months and partitions', body: await partitions(facts.partitions) },
    { id: 'plan', title: 'Plan', body: planAndGenerations(facts.plan) },
    { id: 'settings', title: 'Configuration', body: pairs('Configuration, without passwords', facts.settings) },
    { id: 'versions', title: 'Versions', body: pairs('Versions', facts.versions) },
    { id: 'reading', title: 'How to read this page', body: reading },
  ];
}

const reading = html`<ul>
<li>It is made from the files of the data folder (the plan, the manifests, the ledgers) and, where it says so, from what the
target answered. It asks no source, and tells how things were at the time at its top: <code>make report</code> makes it anew.</li>
<li>A <strong>range</strong> is a piece of the keys, first and last one included; a <strong>shard</strong> is several ranges joined, one
row a key. “Done” means that the file is there and is what would be made now.</li>
<li>Each picture has its figures as a table behind the line below it. Rates are compact: 1.2M is 1,200,000.</li>
<li>A <strong>reject</strong> is a row with a value that does not fit its column: it is set aside, not lost. An <strong>oddity</strong> was
counted and went through.</li>
<li>“Loaded” is what the ledger says; the target’s own figures are below it. Only <code>make verify</code> compares the two.</li>
<li>The page needs no network and no script, holds no password, and names servers, users and some example keys and values:
look at it before you pass it on.</li>
</ul>`;

/** No script can run on the page and nothing is fetched, whatever the data says. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/**
 * The page of a migration: one HTML file that needs no other, no script and no network. The same facts give the same
 * page.
 */
export async function reportPage(facts: ReportFacts): Promise<string> {
  const sections = await sectionsOf(facts);
  const title = `${facts.dataset}: migration report`;
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${new Markup(patterns)}
<main>
<h1>${title}</h1>
<p class="made">Made <time datetime="${facts.made}">${moment(facts.made)}</time> UTC by transload</p>
${overview(facts)}
<nav aria-label="Sections"><ul>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
${sections.map(({ id, title: name, body }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${name}</h2>\n${body}</section>\n`)}
</main>
</body>
</html>
`;
  return text;
}
