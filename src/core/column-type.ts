/** A ClickHouse column type, taken apart as far as transload needs it. */
export type ColumnType =
  | { readonly base: 'int'; readonly bits: number; readonly unsigned: boolean }
  | { readonly base: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly base: 'datetime'; readonly zone: string | undefined }
  | { readonly base: 'datetime64'; readonly precision: number; readonly zone: string | undefined }
  | { readonly base: 'fixedstring'; readonly bytes: number }
  | { readonly base: 'enum'; readonly labels: readonly string[] }
  | { readonly base: 'bool' | 'float32' | 'float64' | 'string' | 'date' | 'date32' | 'uuid' }
  | { readonly base: 'array'; readonly element: ColumnType; readonly nullableElements: boolean }
  | { readonly base: 'other'; readonly name: string };

export interface FullColumnType {
  readonly type: ColumnType;
  readonly nullable: boolean;
}

const plain: Record<string, ColumnType> = {
  Bool: { base: 'bool' },
  Float32: { base: 'float32' },
  Float64: { base: 'float64' },
  String: { base: 'string' },
  Date: { base: 'date' },
  Date32: { base: 'date32' },
  UUID: { base: 'uuid' },
};

/** Digits of the decimals that are named by their width: Decimal64(3) is Decimal(18, 3). */
const decimalDigits: Record<string, number> = { Decimal32: 9, Decimal64: 18, Decimal128: 38, Decimal256: 76 };

/**
 * Reads a type as ClickHouse writes it: `LowCardinality(Nullable(String))`, `Decimal(6, 3)`, `DateTime('UTC')`,
 * `Enum8('a' = 1)`. One that transload cannot fill has the base `other`.
 */
export function parseColumnType(text: string): FullColumnType {
  const name = text.trim();
  const inner = /^(\w+)\((.*)\)$/s.exec(name);
  if (inner?.[1] === 'LowCardinality') return parseColumnType(inner[2] ?? '');
  if (inner?.[1] === 'Nullable') return { type: parseColumnType(inner[2] ?? '').type, nullable: true };
  return { type: bareType(name, inner?.[1], inner?.[2] ?? ''), nullable: false };
}

function bareType(name: string, call: string | undefined, argument: string): ColumnType {
  const int = /^(U?)Int(8|16|32|64|128|256)$/.exec(name);
  if (int) return { base: 'int', bits: Number(int[2]), unsigned: int[1] === 'U' };
  const known = plain[name];
  if (known) return known;
  const zone = /'([^']*)'/.exec(argument)?.[1];
  if (name === 'DateTime' || call === 'DateTime') return { base: 'datetime', zone };
  if (call === 'DateTime64') return { base: 'datetime64', precision: Number.parseInt(argument, 10), zone };
  if (call === 'Decimal') {
    const [precision = 0, scale = 0] = argument.split(',').map(Number);
    return { base: 'decimal', precision, scale };
  }
  const digits = decimalDigits[call ?? ''];
  if (digits !== undefined) return { base: 'decimal', precision: digits, scale: Number(argument) };
  if (call === 'FixedString') return { base: 'fixedstring', bytes: Number(argument) };
  if (call === 'Enum8' || call === 'Enum16' || call === 'Enum') return { base: 'enum', labels: labelsOf(argument) };
  if (call === 'Array') {
    const { type, nullable } = parseColumnType(argument);
    return { base: 'array', element: type, nullableElements: nullable };
  }
  return { base: 'other', name };
}

/** Labels of `'a' = 1, 'it\'s' = 2`. */
function labelsOf(argument: string): string[] {
  const labels = argument.matchAll(/'((?:[^'\\]|\\.|'')*)'/gs);
  return [...labels].map(([, label = '']) => label.replace(/\\(.)|''/gs, (_, escaped?: string) => unescaped(escaped)));
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '0': '\0', b: '\b', f: '\f' };
const unescaped = (character: string | undefined): string =>
  character === undefined ? "'" : (escapes[character] ?? character);

/** True where the zone is UTC by one of its names: only there has every wall clock exactly one instant. */
export const isUtc = (zone: string | undefined): boolean => zone !== undefined && /^(?:Etc\/)?UTC$/i.test(zone);
