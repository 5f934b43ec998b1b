import type { Certificate, ColumnFigures, TargetHash, UnknownValue } from '../clickhouse/certificate.js';
import type { CertifiedColumn } from '../clickhouse/certified-columns.js';
import type { ColumnFacts, ShardEntry } from '../manifest/entries.js';

/** A column whose figures at the target are not those of the shard, or of which they do not tell. */
export interface ColumnFinding {
  readonly column: string;
  /** `differs`: some value is another one. `unsure`: the figures alone do not tell, and why. */
  readonly kind: 'differs' | 'unsure';
  readonly detail: string;
}

/** What the target's certificate of a shard says against the manifest's. */
export interface CertificateFinding {
  /** The target holds other keys than the shard, or another number of rows: its columns say nothing then. */
  readonly otherKeys: boolean;
  readonly columns: readonly ColumnFinding[];
}

const wrap = (sum: bigint): bigint => BigInt.asUintN(64, sum);

type Verdict = 'equal' | 'differs' | 'unsure';

/** Compares one hash. Where unknown-values stand for NULL, they are in the target's sum and not in the shard's. */
function hashVerdict(facts: ColumnFacts, found: TargetHash, unknown: bigint | undefined): Verdict {
  const [hash, nullHash] = [BigInt(facts.hash), BigInt(facts.nullHash)];
  if (unknown === undefined || facts.nulls === 0) return found.all === hash ? 'equal' : 'differs';
  if (found.apart === undefined) return found.all === wrap(hash + nullHash * (unknown + 1n)) ? 'equal' : 'differs';
  // The shard's hash holds the rows in which that value is a real one, so the two can be told apart only if there are none:
  // with more rows than NULLs. With as many, other rows than the NULLs hold it; with fewer, some NULL became something else.
  if (found.apart.unknown !== nullHash) return found.apart.rows > facts.nulls ? 'unsure' : 'differs';
  return found.apart.others === hash ? 'equal' : 'differs';
}

/** The number that a text says, so that 1.50 and 1.5 are equal, and .5 and 0.5. */
function plainNumber(text: string): string {
  const [, sign = '', whole = '', rest = ''] = /^(-?)(\d*)\.?(\d*)$/.exec(text) ?? [];
  const number = `${whole.replace(/^0+(?=.)/, '') || '0'}.${rest.replace(/0+$/, '')}`;
  return number === '0.' ? number : `${sign}${number}`;
}

function sameExtreme(one: CertifiedColumn, expected: string | null, found: string | null): boolean {
  if (expected === null || found === null) return expected === found;
  if (one.carried.family === 'float' || one.carried.family === 'double') {
    const of = (text: string): number => Number(text.replace(/inf$/, 'Infinity'));
    const [here, there] = [of(expected), of(found)];
    // NaN is the greatest to one engine and nothing to the other.
    if (Number.isNaN(here) || Number.isNaN(there)) return true;
    return one.carried.family === 'float' ? Math.fround(here) === Math.fround(there) : here === there;
  }
  if (one.carried.family === 'decimal') return plainNumber(expected) === plainNumber(found);
  if (one.live.base !== 'fixedstring') return expected === found;
  const padding = one.carried.family === 'bytes' ? /(?:00)+$/ : /\0+$/;
  return expected.replace(padding, '') === found.replace(padding, '');
}

/** Characters of a value that are shown. */
const shownMax = 60;

/** A value in one line, its end cut off where it is long, what would move the cursor or is not seen escaped. */
function shown(value: string | null): string {
  if (value === null) return 'NULL';
  const characters = [...value.slice(0, 2 * shownMax)];
  const text = characters.slice(0, shownMax).join('');
  const escaped = text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (one) => `\\u${one.codePointAt(0)?.toString(16).padStart(4, '0')}`,
  );
  return characters.length > shownMax ? `${escaped}…` : escaped;
}

/** `least 3, in the shard 2`; undefined where both ends are as they should be. */
function extremesDetail(
  one: CertifiedColumn,
  facts: ColumnFacts,
  found: ColumnFigures,
  unknown: UnknownValue | undefined,
): string | undefined {
  // An unknown-value that stands for NULL may be the least or the greatest.
  const standsIn = unknown !== undefined && facts.nulls > 0 ? unknown.text : null;
  const differs = (expected: string | null, there: string | null): boolean =>
    !sameExtreme(one, expected, there) && !(standsIn !== null && sameExtreme(one, standsIn, there));
  if (one.carried.family === 'list' || one.carried.family === 'digits') return undefined;
  if (differs(facts.min, found.least)) return `least ${shown(found.least)}, in the shard ${shown(facts.min)}`;
  if (differs(facts.max, found.greatest)) return `greatest ${shown(found.greatest)}, in the shard ${shown(facts.max)}`;
  return undefined;
}

function columnFinding(
  one: CertifiedColumn,
  facts: ColumnFacts,
  found: ColumnFigures,
  unknown: UnknownValue | undefined,
): ColumnFinding | undefined {
  const finding = (kind: ColumnFinding['kind'], detail: string): ColumnFinding => ({
    ...{ column: one.column.name, kind, detail },
  });
  if (found.strays > 0) return finding('differs', `${found.strays} values that no shard holds`);
  if (one.nullable && found.nulls !== facts.nulls) {
    return finding('differs', `${found.nulls} NULLs, in the shard ${facts.nulls}`);
  }
  if (one.nullable && found.nullHash !== BigInt(facts.nullHash)) return finding('differs', 'NULL in other rows');
  const verdicts = found.hashes.map((hash, place) => hashVerdict(facts, hash, unknown?.words[place]));
  const extremes = extremesDetail(one, facts, found, unknown);
  if (extremes !== undefined) return finding('differs', extremes);
  if (verdicts.includes('equal')) return undefined;
  if (one.ambiguous !== undefined) return finding('unsure', one.ambiguous);
  if (verdicts.includes('unsure')) {
    return finding('unsure', `what stands for unknown, ${shown(unknown?.text ?? null)}, is a value of its own too`);
  }
  return finding('differs', 'some values');
}

/** Compares the target's certificate of a shard with the one in its manifest line. `key` is the dataset's key column. */
export function checkCertificate(
  shard: ShardEntry,
  found: Certificate,
  columns: readonly CertifiedColumn[],
  unknowns: readonly (UnknownValue | undefined)[],
  key: string,
): CertificateFinding {
  if (found.rows !== shard.rows) return { otherKeys: true, columns: [] };
  if (found.rows === 0) return { otherKeys: false, columns: [] };
  const byName = new Map(shard.columns.map((facts) => [facts.name, facts]));
  const findings = columns.flatMap((one, index) => {
    const [facts, figures] = [byName.get(one.column.name), found.columns[index]];
    if (facts === undefined || figures === undefined) {
      const detail = 'the shard was made before it had the column';
      return [{ column: one.column.name, kind: 'unsure' as const, detail }];
    }
    return columnFinding(one, facts, figures, unknowns[index]) ?? [];
  });
  const otherKeys = findings.some(({ column, kind }) => column === key && kind === 'differs');
  return { otherKeys, columns: otherKeys ? [] : findings };
}
