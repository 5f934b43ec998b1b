import { spawn } from 'node:child_process';
import { diskFull } from '../core/disk-full.js';
import { exits, TransloadError, usageError } from '../core/errors.js';
import { shellWord } from '../core/shell-word.js';
import type { Destination, FileSum } from './destination.js';

export interface RemoteOptions {
  readonly host: string;
  /** Absolute, or `./…` below the account's home. */
  readonly folder: string;
  /** Options as `ssh -o` takes them, such as `Port=2222`. */
  readonly sshOptions: readonly string[];
  readonly signal: AbortSignal;
}

interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A word for the batch language of sftp: quoted, with its two special characters escaped. */
export const sftpWord = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Never asks for anything: without a terminal it would wait in silence. Fails soon where nobody answers. */
const fixedOptions = ['BatchMode=yes', 'ConnectTimeout=30', 'ServerAliveInterval=15', 'ServerAliveCountMax=4'];

function run(
  command: string,
  args: readonly string[],
  input: string,
  options: { cwd?: string; signal: AbortSignal },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    const text = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text.stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text.stderr = `${text.stderr}${chunk}`.slice(-4000);
    });
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, ...text }));
    // A command that ends before it has read everything says so by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

async function hasRsync(signal: AbortSignal): Promise<boolean> {
  return run('rsync', ['--version'], '', { signal }).then(
    ({ exit }) => exit === 0,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

/** What a tool said, as an error. 255 is ssh's own failure: it never reached the other side's command. */
function failure(what: string, where: string, { exit, stderr }: Ended): TransloadError {
  const said = stderr.trim().split('\n').slice(-3).join(' ').trim();
  if (/No space left|quota exceeded/i.test(stderr)) return diskFull(what, where, said);
  const refused = /Permission denied|Host key verification failed|REMOTE HOST IDENTIFICATION/i.test(stderr);
  if (exit === 255 || /Connection (closed|refused|reset|timed out)|Could not resolve/i.test(stderr)) {
    return new TransloadError(
      exits.unreachable,
      refused ? 'SHIP_REFUSED' : 'SHIP_UNREACHABLE',
      `${what}: ${where} cannot be reached (${said})`,
      'ssh must get there by itself, with a key and a known host: try it by hand; SHIP_SSH_OPTIONS="Port=2222" adds options',
      { retryable: !refused },
    );
  }
  return new TransloadError(
    exits.failed,
    'SHIP_FAILED',
    `${what}: ${said || `the command ended with ${exit}`}`,
    'run the same command again: what is there whole is not sent again',
  );
}

/**
 * A folder of another machine, reached by ssh: files go by rsync where both sides have it, else by sftp. Hashes are
 * made there, by sha256sum (Linux) or shasum (macOS, BSD). Options of rsync are those that 2.6.9 has (macOS).
 */
export function openRemote(options: RemoteOptions): Destination {
  const { host, folder, signal } = options;
  const where = `${host}:${folder.replace(/^\.\//, '')}`;
  const sshOptions = [...fixedOptions, ...options.sshOptions].flatMap((one) => ['-o', one]);

  /** Runs a script there, its `$1` being the folder, `$2` and on the words. */
  const remote = async (script: string, input: string, words: readonly string[] = []): Promise<Ended> => {
    const line = ['sh', '-c', script, 'sh', folder, ...words].map(shellWord).join(' ');
    return run('ssh', ['-T', ...sshOptions, '--', host, line], input, { signal });
  };
  const must = async (what: string, ended: Promise<Ended>): Promise<string> => {
    const result = await ended;
    if (result.exit !== 0) throw failure(what, where, result);
    return result.stdout;
  };
  let way: 'rsync' | 'sftp' | undefined;
  const findWay = async (): Promise<'rsync' | 'sftp'> => {
    if (!(await hasRsync(signal))) return 'sftp';
    const there = await must('cannot look for rsync', remote('command -v rsync || true', ''));
    return there.trim() === '' ? 'sftp' : 'rsync';
  };

  const byRsync = async (from: string, names: readonly string[]): Promise<void> => {
    // rsync splits the command of -e at spaces and knows double quotes; a host's own command line is never built of paths.
    const shell = ['ssh', ...sshOptions].map((word) => `"${word}"`).join(' ');
    const path = `cd ${shellWord(folder)} && rsync`;
    // -I: a file of the right size and time was found to be wrong, or it would not be sent.
    const args = ['-I', '--partial-dir=.rsync-partial', '-0', '--files-from=-', '-e', shell, '--rsync-path', path];
    await must('rsync', run('rsync', [...args, '--', './', `${host}:./`], names.join('\0'), { cwd: from, signal }));
  };
  const bySftp = async (from: string, names: readonly string[]): Promise<void> => {
    const puts = names.flatMap((name) => [
      `put ${sftpWord(name)} ${sftpWord(`${name}.tmp`)}`,
      `rename ${sftpWord(`${name}.tmp`)} ${sftpWord(name)}`,
    ]);
    const batch = [`cd ${sftpWord(folder)}`, ...puts, 'bye', ''].join('\n');
    await must('sftp', run('sftp', ['-b', '-', ...sshOptions, '--', host], batch, { cwd: from, signal }));
  };

  const check = async (files: readonly FileSum[]): Promise<Set<string>> => {
    if (files.length === 0) return new Set();
    const script =
      'LC_ALL=C; export LC_ALL; cd "$1" 2>/dev/null || exit 0; ' +
      'if command -v sha256sum >/dev/null; then sha256sum -c - 2>/dev/null; ' +
      'else shasum -a 256 -c - 2>/dev/null; fi; exit 0';
    const sums = files.map(({ file, sha256 }) => `${sha256}  ${file}\n`).join('');
    const answer = await must('cannot check hashes there', remote(script, sums));
    const whole = new Set(answer.split('\n').flatMap((line) => (line.endsWith(': OK') ? [line.slice(0, -4)] : [])));
    return new Set(files.map(({ file }) => file).filter((file) => whole.has(file)));
  };

  return {
    where,
    groupBytes: 1 << 30,
    read: async (file) => {
      const script = 'cd "$1" 2>/dev/null && test -f "$2" && exec cat "./$2" || exit 0';
      const text = await must(`cannot read ${file}`, remote(script, '', [file]));
      return text === '' ? undefined : text;
    },
    check,
    send: async (from, files) => {
      await must('cannot make the folder', remote('mkdir -p "$1/rejects"', ''));
      way ??= await findWay();
      const names = files.map(({ file }) => file);
      await (way === 'rsync' ? byRsync(from, names) : bySftp(from, names));
      return check(files);
    },
  };
}

/** SHIP_SSH_OPTIONS: words as `ssh -o` takes them, parted by spaces. One with a space stands in ~/.ssh/config. */
export function sshOptionsOf(text: string | undefined): string[] {
  const words = (text ?? '').split(/\s+/).filter((word) => word !== '');
  const wrong = words.find((word) => !/^[A-Za-z]+=[^"'\\]+$/.test(word));
  if (wrong === undefined) return words;
  throw usageError('OPTION_VALUE', `SHIP_SSH_OPTIONS holds ${wrong}`, 'write SHIP_SSH_OPTIONS="Port=2222 User=me"');
}
