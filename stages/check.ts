import { mkdir } from 'node:fs/promises';
import { type Exit, exits } from '../src/core/errors.js';
import { drivingSource } from '../src/dataset/declaration.js';
import { checkConversions, checkDisk, checkSources, checkTarget, type Finding } from '../src/pipeline/check.js';
import { bytes } from './sentences.js';
import { openServers, openSqlEngine, openTarget, type Session, targetOf } from './session.js';

/** `make check`: looks at every server, the target's table and the disk; changes nothing. */
export async function checkCommand(session: Session): Promise<Exit> {
  const { dataset, layout, report } = session;
  const servers = await openServers(session);
  const config = targetOf(session);
  const findings: Finding[] = await checkSources(dataset, servers);
  const engine = await openSqlEngine(session);
  session.closing.push(() => engine.close());
  const conversions = await checkConversions(dataset, engine);
  findings.push(...conversions.findings);
  findings.push(
    ...(await checkTarget(
      conversions.joined,
      () => openTarget(session),
      config?.table ?? dataset.table.name,
      config === undefined,
    )),
  );
  const found = await servers.mysql?.find(drivingSource(dataset)).catch(() => undefined);
  await mkdir(layout.dataDir, { recursive: true });
  findings.push(await checkDisk(layout.dataDir, found?.estimate, bytes));
  report({
    event: 'table',
    title: '',
    head: ['what', '', 'found'],
    rows: findings.map(({ what, level, found: text }) => [what, level, text]),
  });
  for (const { details } of findings) if (details) report(details);
  const stops = findings.filter(({ level }) => level === 'stop');
  const warnings = findings.filter(({ level }) => level === 'warning').length;
  report({
    event: 'stage-done',
    stage: 'check',
    seconds: 0,
    text:
      stops.length > 0
        ? `${stops.length} things stop the migration`
        : `ready${warnings > 0 ? `, ${warnings} warnings` : ''}`,
  });
  return stops[0]?.error?.exit ?? (stops.length > 0 ? exits.usage : exits.done);
}
