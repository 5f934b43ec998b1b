// Two ways to read a table whose primary key lies in another order than its key: range by range through the key's index,
// and one pass. Fills a database `encodings_bench` with ROWS rows of about BYTES bytes beside the small columns, and runs
// `make export` both ways as a whole process; by range only SHARE of the rows, since it takes long. Usage:
// MYSQL_URL=mysql://… ROWS=2000000 BYTES=2000 SHARE=0.15 WORKERS=1 node test/bench/encodings.mjs (after a build). Give
// the server less memory than the table has (--innodb-buffer-pool-size) and no other cache (O_DIRECT). KEEP=1 keeps the
// tables, and uses those that are there.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { imagesAnalytical } from '../../dist/src/dataset/images-analytical/dataset.js';

const rows = Number(process.env.ROWS ?? 2_000_000);
const bytes = Number(process.env.BYTES ?? 2000);
const share = Number(process.env.SHARE ?? 0.15);
const database = 'encodings_bench';
const dataDir = mkdtempSync(join(process.env.BENCH_DIR ?? '.', 'encodings-bench-'));
const url = Object.assign(new URL(process.env.MYSQL_URL), { pathname: database }).href;
const entry = join(import.meta.dirname, '..', '..', 'dist', 'stages', 'main.js');
const encodings = imagesAnalytical.sources.find(({ name }) => name === 'encodings');
const images = imagesAnalytical.sources.find(({ name }) => name === 'images');
const small = Object.entries(encodings.columns).filter(([name]) => !['encoding_id', 'image_id'].includes(name));

async function fill(server) {
  const [[there]] = await server.query(
    `SELECT COUNT(*) AS tables FROM information_schema.tables WHERE table_schema = '${database}'`,
  );
  if (process.env.KEEP === '1' && there.tables > 0) return;
  await server.query(`DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database}; USE ${database}`);
  await server.query('CREATE TABLE Images (image_id INT PRIMARY KEY); INSERT INTO Images VALUES (1)');
  for (let have = 1; have < rows; have *= 2) {
    const more = Math.min(have, rows - have);
    await server.query(`INSERT INTO Images SELECT image_id + ${have} FROM Images WHERE image_id <= ${more}`);
  }
  const columns = small.map(([name, type]) => `${name} ${type}`).join(', ');
  const values = small.map(([, type]) => (type.startsWith('decimal') ? 'image_id % 180' : 'image_id % 2')).join(', ');
  await server.query(
    `CREATE TABLE Encodings (encoding_id INT PRIMARY KEY AUTO_INCREMENT, image_id INT, ${columns}, face_landmarks BLOB, bbox JSON, UNIQUE (image_id))`,
  );
  await server.query(
    `INSERT INTO Encodings (image_id, ${small.map(([name]) => name).join(', ')}, face_landmarks, bbox)
     SELECT image_id, ${values}, REPEAT('x', ${bytes}), '{"left": 1}' FROM Images ORDER BY MD5(image_id)`,
  );
  await server.query('ANALYZE TABLE Images, Encodings');
}

function exportBy(access, more) {
  const file = join(dataDir, `${access}.json`);
  const sources = [
    { ...images, columns: { image_id: 'int' } },
    { ...encodings, ...(access === 'chosen' ? {} : { access }) },
  ];
  writeFileSync(file, JSON.stringify({ ...imagesAnalytical, name: access, sources }));
  const env = { ...process.env, MYSQL_URL: url, DATASET: file, DATA_DIR: dataDir, WORKERS: process.env.WORKERS ?? '1' };
  const run = (...words) => execFileSync(process.execPath, [entry, ...words], { env, encoding: 'utf8' });
  const planned = run('plan');
  if (access === 'chosen') return planned;
  const begin = performance.now();
  run('export', '--sources', 'encodings', ...more);
  return (performance.now() - begin) / 1000;
}

const server = await mysql.createConnection({ uri: process.env.MYSQL_URL, multipleStatements: true });
try {
  await fill(server);
  const [[size]] = await server.query(
    `SELECT data_length / 1e9 AS gigabytes, @@innodb_buffer_pool_size / 1e9 AS cache FROM information_schema.tables WHERE table_schema = '${database}' AND table_name = 'Encodings'`,
  );
  console.log(
    `${rows} rows, ${Number(size.gigabytes).toFixed(2)} GB; the server keeps ${Number(size.cache).toFixed(2)} GB`,
  );
  console.log(
    exportBy('chosen')
      .split('\n')
      .find((line) => line.startsWith('encodings ')),
  );
  const whole = exportBy('one-pass', []);
  console.log(`one pass: ${whole.toFixed(1)} s`);
  const part = exportBy('range', ['--range', `1-${Math.round(rows * share)}`]);
  console.log(
    `by range: ${part.toFixed(1)} s for ${share * 100} % of the rows, ${(part / share).toFixed(0)} s for all`,
  );
  console.log(`ratio: ${(part / share / whole).toFixed(1)}`);
} finally {
  if (process.env.KEEP !== '1') await server.query(`DROP DATABASE IF EXISTS ${database}`);
  await server.end();
  rmSync(dataDir, { recursive: true, force: true });
}
