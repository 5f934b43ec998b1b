// Loaded before a command (NODE_OPTIONS=--import=…): at its end COUNT_FILE says how often each file was read as a whole,
// and how many HTTP requests were made.
import { createRequire, syncBuiltinESMExports } from 'node:module';

const require = createRequire(import.meta.url);
const fs = require('node:fs');
const http = require('node:http');
const counts = { reads: {}, requests: 0 };
const { readFile } = fs.promises;
fs.promises.readFile = (path, ...rest) => {
  if (typeof path === 'string') counts.reads[path] = (counts.reads[path] ?? 0) + 1;
  return readFile(path, ...rest);
};
const { request } = http;
http.request = (...args) => {
  counts.requests++;
  return request(...args);
};
syncBuiltinESMExports();
process.on('exit', () => fs.writeFileSync(process.env.COUNT_FILE, JSON.stringify(counts)));
