import { existsSync } from 'node:fs';
import { type Exit, exits } from '../src/core/errors.js';
import { replaceFile } from '../src/manifest/atomic-file.js';
import { embeddedDir, reportPath } from '../src/manifest/layout.js';
import { ledgerTargets } from '../src/manifest/ledger.js';
import { readVerified } from '../src/manifest/verified.js';
import { reportFacts } from '../src/pipeline/report-facts.js';
import { awayTarget, type LiveSide, liveSide } from '../src/pipeline/report-target.js';
import type { Engine } from '../src/sql/engine.js';
import { reportSettings, reportVersions } from './report-settings.js';
import { bytes, oddityText } from './sentences.js';
import { contextOf, openSqlEngine, openTarget, type Session, shardsDataset, targetOf } from './session.js';

/** `make report`: one HTML page of the migration, written beside the plan; its path is the last line. */
export async function reportCommand(session: Session): Promise<Exit> {
  const begin = performance.now();
  const { layout, dataset, report, target } = session;
  const joined = shardsDataset(session);
  const declared = new Map(dataset.oddities.map(({ name, what }) => [name, what]));
  let opened: Promise<Engine> | undefined;
  const engine = (): Promise<Engine> => {
    opened ??= openSqlEngine(session).then((one) => {
      session.closing.push(() => one.close());
      return one;
    });
    return opened;
  };
  const facts = await reportFacts({
    context: contextOf(session, 'report'),
    joined,
    side: await targetSide(session, joined.table.name),
    engine,
    verified: (name) => readVerified(layout, name),
    words: (name) => oddityText(name, declared),
    settings: reportSettings(session, joined, [...new Set([...(await ledgerTargets(layout)), target])].sort()),
    versions: reportVersions(),
    made: new Date().toISOString(),
  });
  if (facts.live.away !== null)
    report({ event: 'note', text: `without what ${target} says itself: ${facts.live.away}` });
  // The plotting library is imported when there is something to draw.
  const { reportPage } = await import('../src/report/page.js');
  const page = await reportPage(facts);
  const path = reportPath(layout);
  await replaceFile(path, page);
  const seconds = Math.round(performance.now() - begin) / 1000;
  report({ event: 'stage-done', stage: 'report', seconds, text: `${path} (${bytes(Buffer.byteLength(page))})` });
  return exits.done;
}

/** The target of TARGET=; an embedded one that is not there is not made by a look at it. */
function targetSide(session: Session, declared: string): LiveSide | Promise<LiveSide> {
  const { target, layout } = session;
  if (target === 'embedded' && !existsSync(embeddedDir(layout.dataDir))) {
    return awayTarget(target, 'there is no embedded ClickHouse in this data folder.');
  }
  return liveSide(target, () => openTarget(session), targetOf(session)?.table ?? declared);
}
