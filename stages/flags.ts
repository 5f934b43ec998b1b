/** A knob: the same word as a flag of the CLI (`--range`) and as a variable of make (`RANGE=`). */
export interface Flag {
  readonly name: string;
  readonly what: string;
  /** How the value is shown in help; a switch has none. */
  readonly value?: string;
}

const flags = {
  dataset: { name: 'dataset', what: 'which dataset (images_analytical, or a dataset.json)', value: 'name' },
  dataDir: { name: 'data-dir', what: 'the data folder (./data)', value: 'folder' },
  json: { name: 'json', what: 'one JSON object an event, a line each' },
  target: { name: 'target', what: 'embedded (default), local, boreal, or any name with <NAME>_URL set', value: 'name' },
  range: { name: 'range', what: 'only planned ranges that touch it, both ends included', value: 'first-last' },
  part: { name: 'part', what: 'the third of eight machines that share the job: 3/8', value: 'i/n' },
  again: { name: 'again', what: 'do it again although it is done' },
  workers: { name: 'workers', what: 'units at once (export min(4, cores), join 1, load 2)', value: 'n' },
  dryRun: { name: 'dry-run', what: 'print what would run, and change nothing' },
  rangeRows: { name: 'range-rows', what: 'rows of a range, fixed at the first plan (100000)', value: 'n' },
  shardRows: { name: 'shard-rows', what: 'rows of a shard, fixed at the first plan (1000000)', value: 'n' },
  sources: { name: 'sources', what: 'only these sources, such as encodings,mongo_encodings', value: 'names' },
  zeroDates: {
    name: 'zero-dates',
    what: 'zero and partial dates become NULL and are counted (null), or stop (fail)',
    value: 'null|fail',
  },
  maxLoad: { name: 'max-load', what: 'pause above it, such as Threads_running=25', value: 'name=n' },
  maxLag: { name: 'max-lag', what: 'pause while the replica is further behind', value: 'seconds' },
  rate: { name: 'rate', what: 'rows a second at most, of all workers together', value: 'n' },
  onReject: {
    name: 'on-reject',
    what: 'set rows that do not fit aside (quarantine), or stop (fail)',
    value: 'quarantine|fail',
  },
  hands: { name: 'hands', what: 'hands by MySQL or MongoDB (either), or by one of them', value: 'either|mysql|mongo' },
  create: { name: 'create', what: 'make the table where it is missing (always so for embedded)' },
  replace: { name: 'replace', what: 'replace rows that this data folder did not load' },
  swap: { name: 'swap', what: 'load all into a new table and exchange the two at once; the old one is kept' },
  dest: { name: 'dest', what: 'user@host:dir (ssh, by rsync or sftp), or a folder', value: 'place' },
  shipSshOptions: {
    name: 'ship-ssh-options',
    what: 'as ssh -o takes them, such as "Port=2222 User=me"',
    value: 'words',
  },
  deep: { name: 'deep', what: 'read every value of the range back from the target, and list those that differ' },
  sql: { name: 'sql', what: 'one SQL statement', value: 'statement' },
  format: { name: 'format', what: 'table (default), or any ClickHouse format such as TSV', value: 'name' },
  id: { name: 'id', what: 'the key of the row', value: 'key' },
  sample: { name: 'sample', what: 'so many random ids straight from MySQL and MongoDB, such as 1000', value: 'n' },
  seed: { name: 'seed', what: 'draws the same ids again', value: 'n' },
  images: { name: 'images', what: 'images of the sample (20000)', value: 'n' },
  demoOverwrite: {
    name: 'demo-overwrite',
    what: 'fill the servers of MYSQL_URL and MONGO_URL, replacing their tables',
  },
} as const satisfies Record<string, Flag>;

export type FlagName = keyof typeof flags;

const common: readonly FlagName[] = ['dataset', 'dataDir', 'json'];

/** The commands that exist, in the order of help, with their flags. `make help` and `--help` are made of this. */
export const commands = {
  demo: { what: 'the whole job on sample data, into the embedded ClickHouse', flags: ['images', 'demoOverwrite'] },
  check: {
    what: 'connections, privileges, tables, columns, indexes, disk, target schema; changes nothing',
    flags: ['target'],
  },
  plan: { what: 'ranges, rows, time and disk to expect', flags: ['rangeRows', 'shardRows', 'dryRun'] },
  export: {
    what: 'MySQL and MongoDB to one Parquet file per source and range',
    flags: [
      'range',
      'part',
      'sources',
      'again',
      'workers',
      'maxLoad',
      'maxLag',
      'rate',
      'zeroDates',
      'dryRun',
      'rangeRows',
      'shardRows',
    ],
  },
  join: {
    what: 'export files to denormalised shards',
    flags: ['range', 'part', 'again', 'workers', 'onReject', 'hands', 'dryRun'],
  },
  load: {
    what: 'shards to ClickHouse',
    flags: ['target', 'range', 'part', 'again', 'workers', 'create', 'replace', 'swap', 'dryRun'],
  },
  ship: {
    what: 'shards and manifest to another machine or folder, checked there',
    flags: ['dest', 'shipSshOptions', 'range', 'part', 'dryRun'],
  },
  verify: {
    what: 'source, files, shards and target agree (exit 3 where they do not)',
    flags: ['target', 'range', 'deep', 'sample', 'seed'],
  },
  optimize: { what: 'OPTIMIZE … FINAL, partition by partition, resumable', flags: ['target', 'dryRun'] },
  rollback: { what: 'puts back the table that SWAP=1 kept', flags: ['target', 'dryRun'] },
  status: {
    what: 'done, left, rate, time left, oddities, rejects, the named target itself, the next command',
    flags: ['target'],
  },
  report: { what: 'one self-contained HTML page of the migration', flags: ['target'] },
  show: {
    what: 'one key at its source, in the files, in the shard and at the target',
    flags: ['target', 'id'],
  },
  query: {
    what: 'one SQL statement on a target, or on files with TARGET=shards or TARGET=export',
    flags: ['target', 'sql', 'format'],
  },
} as const satisfies Record<string, { what: string; flags: readonly FlagName[] }>;

export type CommandName = keyof typeof commands;

/** A command's flags, its own before the common ones. */
export function flagsOf(command: CommandName): Flag[] {
  return [...commands[command].flags, ...common].map((name) => flags[name]);
}

/** The variable of make and of the environment for a flag: `data-dir` is DATA_DIR. */
export const variableOf = (flag: Flag): string => flag.name.toUpperCase().replaceAll('-', '_');
