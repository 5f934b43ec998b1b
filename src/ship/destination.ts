import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { usageError } from '../core/errors.js';

/** A file by its name in the shards folder, and what its bytes must be. */
export interface FileSum {
  readonly file: string;
  readonly sha256: string;
}

/** A place that shards are sent to. Only the files that are named are touched. */
export interface Destination {
  /** DEST as it is shown to people. */
  readonly where: string;
  /** Files are sent together until they have this many bytes: a connection costs more than a copy. */
  readonly groupBytes: number;
  /** The text of a small file there, undefined where it is missing. */
  read(file: string): Promise<string | undefined>;
  /** Names of those files that are there with the very bytes: hashed there, not here. */
  check(files: readonly FileSum[]): Promise<Set<string>>;
  /**
   * Sends files of a folder: each is written under another name, and renamed when it is whole. Resolves to the names
   * that are there with the very bytes.
   */
  send(folder: string, files: readonly FileSum[]): Promise<Set<string>>;
}

export type Dest =
  | { readonly kind: 'local'; readonly folder: string }
  | { readonly kind: 'remote'; readonly host: string; readonly folder: string };

/**
 * Reads DEST=: a folder, or `user@host:dir` as scp writes it (a colon before the first slash). A host is letters,
 * digits, dots and dashes, so that it can never be taken for an option; whatever else ssh needs stands in its config.
 */
export function parseDest(text: string | undefined): Dest {
  const example = 'DEST=user@host:dir, or a folder such as DEST=/mnt/disk/shards';
  if (text === undefined || text.trim() === '') throw usageError('DEST_MISSING', 'ship needs DEST=', example);
  if (text.startsWith('-') || /\p{Cc}/u.test(text))
    throw usageError('DEST_SYNTAX', `DEST=${text} is no place`, example);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw usageError('DEST_UNSUPPORTED', `DEST=${text}: buckets and URLs are not supported yet`, example);
  }
  const remote = /^([^/:]+):(.*)$/s.exec(text);
  if (remote === null) {
    return { kind: 'local', folder: text.startsWith('~/') ? join(homedir(), text.slice(2)) : resolve(text) };
  }
  const [, host = '', dir = ''] = remote;
  if (!/^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(host)) {
    throw usageError('DEST_SYNTAX', `DEST=${text}: "${host}" is no user@host`, 'name the host in ~/.ssh/config');
  }
  const inHome = dir.replace(/^~\//, '');
  if (inHome === '') throw usageError('DEST_SYNTAX', `DEST=${text} names no folder`, example);
  // Never a name that begins with a dash, nor one that means the folder before.
  return { kind: 'remote', host, folder: inHome.startsWith('/') ? inHome : `./${inHome}` };
}
