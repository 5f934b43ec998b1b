import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const aptDir = '/etc/apt';
const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

interface AptSource {
  uris: string;
  suites: string[];
  components: string[];
  signedBy: string | undefined;
}

/**
 * A sources file (deb822) for another suite of the archive the machine itself uses: its own entry for the release it
 * runs, with the suite changed. No address is written down anywhere else.
 *
 * @throws Error on a machine that does not run Debian, or whose sources have no entry for its release
 */
export async function suiteSources(suite: 'sid'): Promise<string> {
  const release = parseFields(await readFile('/etc/os-release', 'utf8').catch(() => ''), '=');
  if (release.get('ID') !== 'debian') throw new Error(`packages of ${suite} can be had on Debian only`);
  const codename = release.get('VERSION_CODENAME') ?? suite;
  const sources = (await machineSources()).filter(
    (source) => source.suites.includes(codename) && source.components.includes('main'),
  );
  const [source] = sources;
  if (source === undefined) throw new Error(`the sources of apt have no entry for ${codename} main`);
  const signedBy = source.signedBy ?? (existsSync(debianKeyring) ? debianKeyring : undefined);
  return [
    'Types: deb',
    `URIs: ${source.uris}`,
    `Suites: ${suite}`,
    'Components: main',
    ...(signedBy === undefined ? [] : [`Signed-By: ${signedBy}`]),
    '',
  ].join('\n');
}

async function machineSources(): Promise<AptSource[]> {
  const folder = join(aptDir, 'sources.list.d');
  const names = await readdir(folder).catch(() => []);
  const files = [join(aptDir, 'sources.list'), ...names.sort().map((name) => join(folder, name))];
  const sources: AptSource[] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (file.endsWith('.list')) sources.push(...parseOneLine(text));
    else if (file.endsWith('.sources')) sources.push(...parseStanzas(text));
  }
  return sources;
}

/** The format of sources.list: `deb [signed-by=… arch=…] uri suite component…`. */
function parseOneLine(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line);
    if (match === null) continue;
    const [, settings = '', uris = '', suite = '', components = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/.exec(settings)?.[1];
    sources.push({ uris, suites: [suite], components: components.trim().split(/\s+/), signedBy });
  }
  return sources;
}

/** The deb822 format of *.sources: stanzas of `Field: words`, parted by empty lines. */
function parseStanzas(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of text.split(/\n\s*\n/)) {
    const fields = parseFields(stanza, ':');
    if (!fields.get('types')?.split(/\s+/).includes('deb') || fields.get('enabled') === 'no') continue;
    sources.push({
      uris: fields.get('uris') ?? '',
      suites: (fields.get('suites') ?? '').split(/\s+/),
      components: (fields.get('components') ?? '').split(/\s+/),
      // A key can stand in the stanza itself, on indented lines; then only the machine's keyring can be named.
      signedBy: fields.get('signed-by')?.startsWith('/') ? fields.get('signed-by') : undefined,
    });
  }
  return sources;
}

/** `name<separator>value` by line, quotes taken off; names of deb822 are found in lower case. */
function parseFields(text: string, separator: '=' | ':'): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf(separator);
    if (at <= 0 || /^[\s#]/.test(line)) continue;
    const name = line.slice(0, at).trim();
    const value = line.slice(at + 1).trim();
    fields.set(separator === ':' ? name.toLowerCase() : name, value.replace(/^"(.*)"$/, '$1'));
  }
  return fields;
}
