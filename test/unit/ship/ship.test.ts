import { describe, expect, it } from 'vitest';
import { shellWord } from '../../../src/core/shell-word.js';
import type { ShardEntry } from '../../../src/manifest/entries.js';
import { filesOfShard, isThere, othersSums, planShip } from '../../../src/pipeline/ship.js';
import { parseDest } from '../../../src/ship/destination.js';
import { sftpWord, sshOptionsOf } from '../../../src/ship/remote.js';

const shard = (at: number, bytes: number, rejects = false): ShardEntry =>
  ({
    file: `s.${at}.parquet`,
    rows: bytes,
    bytes,
    sha256: `hash${at}`,
    rejects: { file: rejects ? `rejects/s.${at}.parquet` : null, sha256: 'bad' },
  }) as ShardEntry;

describe('what is sent', () => {
  const shards = [shard(1, 4), shard(2, 4, true), shard(3, 9), shard(4, 0), shard(5, 1)];

  it('goes in groups of so many bytes, a greater shard alone; one without rows has no file and is there', () => {
    const { groups, done } = planShip(shards, new Set(), 8);
    expect(groups.map((group) => group.map(({ file }) => file))).toEqual([
      ['s.1.parquet', 's.2.parquet'],
      ['s.3.parquet'],
      ['s.5.parquet'],
    ]);
    expect(done).toBe(1);
    expect(planShip(shards, new Set(), 0).groups.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
  });

  it('is what is not there: a shard without its rejects is not', () => {
    const there = new Set(['s.1.parquet', 's.2.parquet', 's.3.parquet', 's.5.parquet']);
    expect(
      planShip(shards, there, 100)
        .groups.flat()
        .map(({ file }) => file),
    ).toEqual(['s.2.parquet']);
    expect(isThere(shards[1] as ShardEntry, there)).toBe(false);
    expect(filesOfShard(shards[1] as ShardEntry).map(({ file }) => file)).toEqual([
      's.2.parquet',
      'rejects/s.2.parquet',
    ]);
  });

  it('keeps the sums of files that another machine sent', () => {
    const [mine, theirs] = [`${'a'.repeat(64)}  s.1.parquet`, `${'b'.repeat(64)}  s.9.parquet`];
    expect(othersSums(`${mine}\n${theirs}\nrubbish\n`, new Set(['s.1.parquet']))).toEqual([theirs]);
  });
});

describe('DEST', () => {
  it.each([
    ['/mnt/disk', { kind: 'local', folder: '/mnt/disk' }],
    ['/mnt/a:b', { kind: 'local', folder: '/mnt/a:b' }],
    ['me@box:data', { kind: 'remote', host: 'me@box', folder: './data' }],
    ['box:/srv/my data/it\'s "$(x)"', { kind: 'remote', host: 'box', folder: '/srv/my data/it\'s "$(x)"' }],
    ['box:~/data', { kind: 'remote', host: 'box', folder: './data' }],
    ['box:-', { kind: 'remote', host: 'box', folder: './-' }],
  ])('%s is %j', (text, dest) => {
    expect(parseDest(text)).toEqual(dest);
  });

  it.each([
    ['', 'DEST_MISSING'],
    ['-oProxyCommand=x', 'DEST_SYNTAX'],
    ['-oProxyCommand=x:dir', 'DEST_SYNTAX'],
    ['me@-oProxyCommand=x:dir', 'DEST_SYNTAX'],
    ['me@-l:dir', 'DEST_SYNTAX'],
    ['a b:dir', 'DEST_SYNTAX'],
    ['box:', 'DEST_SYNTAX'],
    ['box:a\nb', 'DEST_SYNTAX'],
    ['s3://bucket/x', 'DEST_UNSUPPORTED'],
    ['https://x/y', 'DEST_UNSUPPORTED'],
  ])('%j is refused', (text, code) => {
    expect(() => parseDest(text)).toThrow(expect.objectContaining({ code, exit: 2 }));
  });
});

it('words of the other side are quoted', () => {
  expect(shellWord("it's $(x) `y`")).toBe("'it'\\''s $(x) `y`'");
  expect(sftpWord('a "b" \\c')).toBe('"a \\"b\\" \\\\c"');
});

it('SHIP_SSH_OPTIONS holds name=value words', () => {
  expect(sshOptionsOf(' Port=2222  User=me ')).toEqual(['Port=2222', 'User=me']);
  for (const wrong of ['-oX=y', 'ProxyCommand', 'A="b']) expect(() => sshOptionsOf(wrong)).toThrow(/SHIP_SSH_OPTIONS/);
});
