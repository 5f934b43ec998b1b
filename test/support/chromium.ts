import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { unpackDebianPackages } from '../../stages/demo/debian-packages.js';
import { minimalEnvironment } from '../../stages/demo/run-command.js';
import { cacheDir, freshDataDir, installEnv, searchPath } from './servers.js';

export interface View {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
}

/** Opens a window of its own, which has no network; to be closed by whoever opened it. */
export type OpenWindow = (view: View) => Promise<BrowserContext>;

/**
 * Debian's Chromium, unpacked into the cache folder like the servers (500 MB with its libraries), without a window on
 * any screen. It can be had where apt can be asked; elsewhere the answer says why not.
 */
export async function prepareChromium(): Promise<OpenWindow | { readonly unavailable: string }> {
  const prefix = join(cacheDir, 'debian', `chromium-${process.arch}`);
  const packages = ['chromium', 'fonts-dejavu-core', 'fonts-liberation'];
  try {
    await unpackDebianPackages({ packages, into: prefix, cacheDir, path: searchPath, env: installEnv });
  } catch (error) {
    return { unavailable: error instanceof Error ? error.message : String(error) };
  }
  const executablePath = join(prefix, 'usr', 'lib', 'chromium', 'chromium');
  return async ({ width, height, colorScheme }) => {
    const folder = freshDataDir('chromium');
    const env = minimalEnvironment(searchPath, {
      HOME: folder,
      LD_LIBRARY_PATH: libraryFolders(prefix).join(':'),
      FONTCONFIG_FILE: await writeFonts(prefix, folder),
    });
    return chromium.launchPersistentContext(join(folder, 'user'), {
      ...{ executablePath, env, offline: true, colorScheme, viewport: { width, height } },
      ...(width < 600 ? { isMobile: true, hasTouch: true, deviceScaleFactor: 2 } : {}),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  };
}

/** Every folder below the prefix's lib that holds libraries, one level deep. */
function libraryFolders(prefix: string): string[] {
  const folders: string[] = [];
  for (const lib of ['usr/lib', 'lib'].map((name) => join(prefix, name)).filter((path) => existsSync(path))) {
    for (const machine of readdirSync(lib).filter((name) => name.endsWith('-linux-gnu'))) {
      const inner = readdirSync(join(lib, machine), { withFileTypes: true }).filter((entry) => entry.isDirectory());
      folders.push(join(lib, machine), ...inner.map(({ name }) => join(lib, machine, name)));
    }
  }
  return folders;
}

/** Fonts of the prefix, so that pictures are alike wherever the tests run. */
async function writeFonts(prefix: string, folder: string): Promise<string> {
  const file = join(folder, 'fonts.conf');
  await mkdir(folder, { recursive: true });
  await writeFile(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>${join(prefix, 'usr', 'share', 'fonts')}</dir><cachedir>${join(folder, 'fonts')}</cachedir>
<alias><family>sans-serif</family><prefer><family>Liberation Sans</family></prefer></alias>
<alias><family>system-ui</family><prefer><family>Liberation Sans</family></prefer></alias>
<alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias></fontconfig>`,
  );
  return file;
}
