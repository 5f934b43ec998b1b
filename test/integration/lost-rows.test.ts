import { cpSync, mkdirSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import type { Batch } from '../../src/core/batch.js';
import type { ParquetTools } from '../../src/pipeline/context.js';
import { runExport } from '../../src/pipeline/export.js';
import { runJoin } from '../../src/pipeline/join.js';
import { runLoad } from '../../src/pipeline/load.js';
import { ensurePlan } from '../../src/pipeline/plan.js';
import type { StageResult } from '../../src/pipeline/run-stage.js';
import { literal } from '../../src/sql/relations.js';
import { loadCommand } from '../../stages/load.js';
import { planSizes } from '../../stages/plan.js';
import * as sessions from '../../stages/session.js';
import { mustRun } from '../support/cli.js';
import { fillSmall } from '../support/crash/small-dataset.js';
import { boxEnv, dataFolder, type Env, onServer } from '../support/migration.js';

// Fault 26: what was read, what the file's own footer says and what the server holds must agree, or the unit fails. Each
// stage is run on real servers with one part that loses rows and says nothing.
let env: Env;

beforeAll(async () => {
  const folder = dataFolder('k_lost');
  mkdirSync(folder, { recursive: true });
  env = { ...(await fillSmall('k_lost', folder)), DATA_DIR: folder };
  await mustRun('export', env);
  await mustRun('join', env);
});

/** A copy of the data folder, so that a stage that failed leaves nothing to the next test. */
function open(name: string, command: string, more: Env = {}): { session: sessions.Session; close(): Promise<void> } {
  const folder = dataFolder(`k_lost_${name}`);
  cpSync(env.DATA_DIR ?? '', folder, { recursive: true });
  const given = { ...env, ...more, DATA_DIR: folder, AGAIN: '1' };
  const session = sessions.openSession(given, command, () => undefined, new AbortController());
  return {
    session,
    close: async () => {
      for (const close of session.closing.reverse()) await close();
    },
  };
}

const codes = (result: StageResult | undefined): string[] => [...new Set(result?.failed.map(({ code }) => code))];

async function exportWith(
  name: string,
  change: (tools: ParquetTools) => ParquetTools,
): Promise<StageResult | undefined> {
  const { session, close } = open(name, 'export');
  const servers = await sessions.openServers(session);
  const context = sessions.contextOf(session, 'export');
  const plan = await ensurePlan(context, servers, planSizes(session));
  const tools = change(await sessions.parquetTools());
  try {
    return await runExport(context, servers, tools, () => sessions.openSqlEngine(session), plan, {
      only: ['images'],
      zeroDates: 'null',
    });
  } finally {
    await close();
  }
}

it('a writer that loses a batch: the range fails', async () => {
  const result = await exportWith('dropped', (tools) => ({
    ...tools,
    write: (path, columns, batches) =>
      tools.write(
        path,
        columns,
        (async function* () {
          for await (const _ of batches) yield* [] as Batch[];
        })(),
      ),
  }));
  expect([result?.done, codes(result)]).toEqual([0, ['ROWS_LOST']]);
});

it('a writer that doubles a batch and does not know it: the footer tells, the range fails', async () => {
  const result = await exportWith('doubled', (tools) => ({
    ...tools,
    write: async (path, columns, batches) => {
      let rows = 0;
      const written = await tools.write(
        path,
        columns,
        (async function* () {
          for await (const batch of batches) {
            rows += batch.rows;
            yield* [batch, batch];
          }
        })(),
      );
      return { ...written, rows };
    },
  }));
  expect(result?.done).toBe(0);
  expect(result?.failed[0]?.message).toMatch(/rows/);
});

it('a join that loses a row: the shard is not published', async () => {
  const { session, close } = open('joined', 'join');
  const engine = await sessions.openSqlEngine(session);
  const losing = {
    ...engine,
    run: async (sql: string) => {
      await engine.run(sql);
      const file = /TO '([^']+\.parquet\.tmp)'/.exec(sql)?.[1];
      if (file === undefined || file.includes('rejects')) return;
      await engine.run(`CREATE OR REPLACE TABLE kept AS SELECT * FROM read_parquet(${literal(file)}) OFFSET 1`);
      await engine.run(`COPY kept TO ${literal(file)} (FORMAT parquet)`);
    },
  };
  const context = sessions.contextOf(session, 'join');
  const result = await runJoin(context, await sessions.parquetTools(), async () => losing, {}, 'quarantine');
  await close();
  expect(result?.done).toBe(0);
  expect(codes(result)).toEqual(['ROWS_DIFFER']);
});

it('a server that keeps fewer rows than it was sent: the shard is not loaded, and the next load makes it whole', async () => {
  const box = { ...boxEnv('26.7', 'k_lost'), CREATE: '1' };
  const { session, close } = open('loaded', 'load', box);
  const dataset = sessions.shardsDataset(session);
  const client = await sessions.openTarget(session);
  const losing: typeof client = {
    ...client,
    insertFile: (insert) => client.insertFile({ ...insert, where: ' WHERE image_id % 7 != 0' }),
  };
  const options = { target: 'box', table: dataset.table.name, create: true, replace: false, insertRows: 1_000_000 };
  const parquet = await sessions.parquetTools();
  const context = sessions.contextOf(session, 'load');
  const result = await runLoad({ context, client: losing, dataset, parquet, options });
  expect([result?.done, codes(result)]).toEqual([0, ['ROWS_DIFFER']]);
  expect(await loadCommand(session)).toBe(0);
  await close();
  expect(await onServer('26.7', 'SELECT count(), uniqExact(image_id) FROM k_lost.images_analytical')).toBe('197\t197');
});
