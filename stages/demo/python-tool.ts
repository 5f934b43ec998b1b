import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackDebianPackages } from './debian-packages.js';
import { type Environment, findOnPath, minimalEnvironment, runCommand } from './run-command.js';
import { unpackOnce } from './unpack-once.js';

/** A Python package in a folder of its own. */
export interface PythonTool {
  /** The interpreter to run it with. */
  readonly python: string;
  /** The environment to run it in. */
  readonly env: Environment;
  /** The folder its modules are in. */
  readonly sitePackages: string;
}

const venvTimeoutMs = 120_000;
const installTimeoutMs = 600_000;
const packagesName = 'packages';

/**
 * Installs a pinned Python package into `<cacheDir>/python/<name>` and nowhere else: in a virtual environment, or,
 * where the interpreter cannot make one with pip in it (Debian without python3-venv), with `pip install --target`,
 * where need be with the pip of Debian's python3-pip-whl. Run it as `python -c` or `-m`: the scripts of a virtual
 * environment name the temporary folder it was made in.
 *
 * @param options.requirement such as `name==1.2.3`
 * @param options.withDependencies false leaves out what the package asks for
 * @param options.env more environment for pip, such as a proxy, an index or a certificate file
 * @throws Error when there is no python3, or with pip's words
 */
export async function preparePythonTool(options: {
  requirement: string;
  cacheDir: string;
  path: string;
  withDependencies?: boolean;
  env?: Environment;
}): Promise<PythonTool> {
  const { requirement, cacheDir, path, withDependencies = true } = options;
  const systemPython = findOnPath(['python3'], path);
  if (systemPython === undefined) throw new Error('python3 is not installed');
  const folder = join(cacheDir, 'python', requirement.replace('==', '-'));
  const env = minimalEnvironment(path, {
    ...options.env,
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
  });
  const install = ['install', '-q', '--only-binary', ':all:', ...(withDependencies ? [] : ['--no-deps']), requirement];

  const intoVenv = async (target: string): Promise<void> => {
    await runCommand({ command: systemPython, args: ['-m', 'venv', target], env, timeoutMs: venvTimeoutMs });
    const python = join(target, 'bin', 'python3');
    await runCommand({ command: python, args: ['-m', 'pip', ...install], env, timeoutMs: installTimeoutMs });
  };
  const intoFolder = async (target: string, pip: Environment): Promise<void> => {
    const args = ['-m', 'pip', ...install, '--target', join(target, packagesName)];
    await runCommand({ command: systemPython, args, env: { ...env, ...pip }, timeoutMs: installTimeoutMs });
  };
  await unpackOnce({
    target: folder,
    usable: (made) => existsSync(join(made, packagesName)) || existsSync(join(made, 'bin', 'python3')),
    fill: async (target) => {
      const reasons: string[] = [];
      const ways = [
        () => intoVenv(target),
        () => intoFolder(target, {}),
        async () => intoFolder(target, await debianPip(cacheDir, path, options.env)),
      ];
      for (const way of ways) {
        try {
          return await way();
        } catch (error) {
          reasons.push(error instanceof Error ? error.message : String(error));
          for (const name of readdirSync(target)) await rm(join(target, name), { recursive: true, force: true });
        }
      }
      throw new Error(`${requirement} cannot be installed: ${reasons.join('; ')}`);
    },
  });
  return toolIn(folder, systemPython, path);
}

/** Where the module folder is tells which way it was installed. */
function toolIn(folder: string, systemPython: string, path: string): PythonTool {
  const packages = join(folder, packagesName);
  if (existsSync(packages)) {
    return {
      python: systemPython,
      env: minimalEnvironment(path, { PYTHONPATH: packages }),
      sitePackages: packages,
    };
  }
  const lib = join(folder, 'lib');
  const version = readdirSync(lib).find((name) => name.startsWith('python3')) ?? 'python3';
  return {
    python: join(folder, 'bin', 'python3'),
    env: minimalEnvironment(path),
    sitePackages: join(lib, version, 'site-packages'),
  };
}

/** The environment in which a python3 without pip finds the one that Debian packs as a wheel. */
async function debianPip(cacheDir: string, path: string, env: Environment | undefined): Promise<Environment> {
  const into = join(cacheDir, 'debian', 'python3-pip-whl');
  const more = env === undefined ? {} : { env };
  await unpackDebianPackages({ packages: ['python3-pip-whl'], into, cacheDir, path, ...more });
  const wheels = join(into, 'usr', 'share', 'python-wheels');
  const wheel = readdirSync(wheels).find((name) => name.startsWith('pip-'));
  if (wheel === undefined) throw new Error('python3-pip-whl has no pip in it');
  return { PYTHONPATH: join(wheels, wheel) };
}
