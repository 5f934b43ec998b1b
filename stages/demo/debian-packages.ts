import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { suiteSources } from './debian-sources.js';
import { type Environment, minimalEnvironment, runCommand } from './run-command.js';
import { unpackOnce } from './unpack-once.js';

const machineStatus = '/var/lib/dpkg/status';
const updateTimeoutMs = 180_000;
const downloadTimeoutMs = 600_000;
const unpackTimeoutMs = 120_000;

/**
 * Downloads Debian or Ubuntu packages and what they need, and unpacks them into a folder. Nothing is installed: apt
 * runs with state, cache and lists of its own, so it needs neither root nor an earlier `apt-get update`, and no
 * package's script is run. The machine's own sources, keys, proxies and preferences are used.
 *
 * Without `suite` the packages that the machine already has are left out, since the unpacked programs run on its
 * libraries. With `suite` everything is unpacked, the C library too: such programs must be run through the folder's own
 * dynamic loader.
 *
 * @param options.into the folder; left as it is when it is there
 * @param options.cacheDir holds the temporary files of apt
 * @param options.env more environment for apt, such as a proxy
 * @throws Error with apt's words when a package cannot be had
 */
export async function unpackDebianPackages(options: {
  packages: readonly string[];
  into: string;
  cacheDir: string;
  path: string;
  suite?: 'sid';
  env?: Environment;
}): Promise<void> {
  const { packages, into, cacheDir, suite } = options;
  const env = minimalEnvironment(options.path, { ...options.env, DEBIAN_FRONTEND: 'noninteractive' });
  await unpackOnce({
    target: into,
    fill: async (folder) => {
      const aptDir = join(cacheDir, 'apt', basename(into));
      try {
        const files = await download({ packages, aptDir, env, suite });
        for (const file of files) {
          await runCommand({ command: 'dpkg-deb', args: ['-x', file, folder], env, timeoutMs: unpackTimeoutMs });
        }
      } finally {
        await rm(aptDir, { recursive: true, force: true });
      }
    },
  });
}

async function download(options: {
  packages: readonly string[];
  aptDir: string;
  env: Environment;
  suite: 'sid' | undefined;
}): Promise<string[]> {
  const { packages, aptDir, env, suite } = options;
  const archives = join(aptDir, 'cache', 'archives');
  await rm(aptDir, { recursive: true, force: true });
  await mkdir(join(archives, 'partial'), { recursive: true });
  await mkdir(join(aptDir, 'state', 'lists', 'partial'), { recursive: true });
  await mkdir(join(aptDir, 'sources'));
  const status = join(aptDir, 'state', 'status');
  if (suite === undefined && existsSync(machineStatus)) await copyFile(machineStatus, status);
  else await writeFile(status, '');
  if (suite !== undefined) await writeFile(join(aptDir, 'sources', `${suite}.sources`), await suiteSources(suite));
  const config = join(aptDir, 'apt.conf');
  await writeFile(config, aptConfig(aptDir, suite !== undefined));

  const apt = (args: readonly string[], timeoutMs: number): Promise<string> =>
    runCommand({ command: 'apt-get', args: ['-c', config, '-q', ...args], env, timeoutMs });
  // One broken source of the machine (a third party's, say) fails the update and hinders nothing here.
  const complaint = await apt(['update'], updateTimeoutMs).then(
    () => undefined,
    (error: unknown) => error,
  );
  const install = ['-y', '--download-only', '--no-install-recommends', 'install'];
  // A package that is on the machine half way (the server, not its tools) is wanted in the folder too.
  const again = suite === undefined ? ['--reinstall'] : [];
  try {
    await apt([...again, ...install, ...packages], downloadTimeoutMs);
  } catch (error) {
    if (complaint === undefined) throw error;
    throw new Error(`${messageOf(error)}\n(before it: ${messageOf(complaint)})`, { cause: error });
  }
  const names = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
  if (names.length === 0) throw new Error(`apt-get downloaded nothing for ${packages.join(', ')}`);
  return names.map((name) => join(archives, name));
}

/**
 * Read by apt after the machine's own configuration. The hooks are cleared because they belong to the machine: they
 * would refresh its caches, which is not ours to do.
 */
function aptConfig(aptDir: string, ownSources: boolean): string {
  const lines = [
    `Dir::State "${aptDir}/state/";`,
    'Dir::State::lists "lists/";',
    `Dir::State::status "${aptDir}/state/status";`,
    `Dir::Cache "${aptDir}/cache/";`,
    'Dir::Cache::archives "archives/";',
    // Without it apt, as root, hands the files to its own user, who may not enter the project's folder.
    'APT::Sandbox::User "root";',
    'APT::Keep-Downloaded-Packages "true";',
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";',
    '#clear APT::Update::Pre-Invoke;',
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    '#clear DPkg::Pre-Invoke;',
    '#clear DPkg::Post-Invoke;',
    '#clear DPkg::Pre-Install-Pkgs;',
  ];
  if (ownSources) {
    lines.push(
      'Dir::Etc::sourcelist "/dev/null";',
      `Dir::Etc::sourceparts "${aptDir}/sources/";`,
      'Dir::Etc::preferences "/dev/null";',
      'Dir::Etc::preferencesparts "/dev/null";',
    );
  }
  return `${lines.join('\n')}\n`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
