import fc from 'fast-check';

/** Words that mean something to one of the languages on the way, to the code, or to JavaScript. */
const words = [
  ...'select order from where group table null default index column key value row limit union with array'.split(' '),
  ...'date timestamp interval final prewhere sample true desc version schema partition system count rowid'.split(' '),
  ...'t t$raw wide bad one n v k place reason filename file_row_number w0 w1 v0 v1 c0 mix1 mix2 once'.split(' '),
  ...'__proto__ constructor toString hasOwnProperty length 0 1 007 1e3 -1 NaN'.split(' '),
];

/** Parts of names that have to be quoted somewhere, or that look like something else. */
const parts = [
  ...'. - ` `` " "" \' \\ \\n ? % $ {t} {input} ( ) , ; /* -- # @ : * [] = < & | ~ ! ^ + /'.split(' '),
  ...'é ß İ ı 漢字 Ω \u00a0 \u200b \u202e select NULL A z _ 0'.split(' '),
  ...[' ', '  ', '\t'],
];

const lengthMax = 64;

/** So many names of columns, no two of which, nor one and the key's, are one in any collation: by a number, or words. */
export function columnNames(count: number, key: string): fc.Arbitrary<string[]> {
  const others = words.filter((word) => word !== key);
  const odd = fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 8 }).map((all) => all.join(''));
  const long = fc.constantFrom('x', 'é', '漢', '`', '"').map((unit) => unit.repeat(lengthMax));
  const made = fc.oneof(
    { weight: 3, arbitrary: odd },
    { weight: 1, arbitrary: long },
    { weight: 2, arbitrary: fc.constant('plain_') },
  );
  return fc
    .tuple(
      fc.shuffledSubarray(others, { minLength: count, maxLength: count }),
      fc.array(fc.tuple(fc.nat(2), made), { minLength: count, maxLength: count }),
    )
    .map(([chosen, stems]) =>
      stems.map(([which, stem], index) => {
        const number = `c${index}`;
        return which === 0 ? (chosen[index] ?? number) : `${stem.slice(0, lengthMax - number.length)}${number}`;
      }),
    );
}

/** Names of the key. */
export const keyName: fc.Arbitrary<string> = fc.oneof(
  fc.constant('id'),
  fc.constantFrom('the key', ...'id? "id" `id` Schlüssel i\'d id.id primary i\\d row key bad k t'.split(' ')),
);
