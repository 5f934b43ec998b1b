// ClickHouse 26.7 as a process: chdb's library holds the whole engine, and its one exported command-line entry is
// clickhouse-local, which can be told to listen. Started by clickhouse-server.ts and ended by a signal; the call below
// never returns while the server lives.
// Arguments: the library, then the arguments of clickhouse-local (the first is the program's name).
import { DataType, load, open } from 'ffi-rs';

const [library, ...args] = process.argv.slice(2);
open({ library: 'chdb', path: library });
load({
  library: 'chdb',
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
});
console.error('the query that keeps the server alive has ended');
process.exit(1);
