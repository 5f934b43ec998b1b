/** One part of a sorting key: a column by its name, or an expression in the server's words. */
export type KeyPart = { readonly name: string } | { readonly expression: string };

/** Quoted names, quoted texts, single characters. */
const tokens = /`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'|[^`']/gs;

/** The name without its quotes; undefined where the text is no name. */
function nameOf(text: string): string | undefined {
  const [, quoted, bare] = /^(?:`((?:[^`\\]|\\.)*)`|([A-Za-z_]\w*))$/s.exec(text) ?? [];
  return quoted?.replace(/\\(.)/gs, '$1') ?? bare;
}

/** The list's parts, cut at its commas outside of brackets and quotes. */
function topLevel(list: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const [token] of list.matchAll(tokens)) {
    if (token === '(' || token === '[') depth++;
    if (token === ')' || token === ']') depth--;
    if (token === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** What stands in the first brackets of the text, and what behind them. */
function bracketed(text: string): { inner: string; rest: string } {
  const begin = text.indexOf('(');
  let depth = 0;
  for (const { 0: token, index } of text.slice(begin).matchAll(tokens)) {
    if (token === '(') depth++;
    if (token === ')' && --depth === 0) {
      return { inner: text.slice(begin + 1, begin + index), rest: text.slice(begin + index + 1) };
    }
  }
  return { inner: '', rest: text };
}

/**
 * The parts of a sorting key as a server writes it: `a, toDate(b), (c, d)`. Tuples are taken apart: rows are equal in a
 * tuple where they are equal in each of its parts.
 */
export function keyParts(key: string): KeyPart[] {
  return topLevel(key).flatMap((part) => {
    const text = part.replace(/\s+(?:ASC|DESC)$/, '');
    if (/^(?:tuple)?\(/.test(text)) {
      const { inner, rest } = bracketed(text);
      if (rest === '') return keyParts(inner);
    }
    const name = nameOf(text);
    return [name === undefined ? { expression: text } : { name }];
  });
}

/**
 * The column by which a ReplacingMergeTree chooses the row that stays, out of its whole definition (engine_full); ''
 * where it names none, so that the row that was inserted last stays.
 */
export function versionOf(engineFull: string): string {
  if (!/^\w*ReplacingMergeTree\(/.test(engineFull)) return '';
  // Path and name of a replica come first, as texts.
  const [version = ''] = topLevel(bracketed(engineFull).inner).filter((one) => !one.startsWith("'"));
  return nameOf(version) ?? '';
}

/** The names in an expression, as they are without quotes; functions among them. */
export function namesIn(expression: string): Set<string> {
  const names = expression.matchAll(/`((?:[^`\\]|\\.)*)`|([A-Za-z_]\w*)/g);
  return new Set([...names].map(([, quoted, bare]) => quoted?.replace(/\\(.)/g, '$1') ?? bare ?? ''));
}
