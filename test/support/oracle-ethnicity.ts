/** The nine flags of target.md, rule 4. */
export const ethnicityFlags = [
  'white',
  'black',
  'asian',
  'hispanic',
  'middle_eastern',
  'native_american',
  'pacific_islander',
  'mixed',
  'other',
] as const;

export type EthnicityFlag = (typeof ethnicityFlags)[number];

/** The flags that one value of Ethnicity sets, decided word by word as rule 4 lists them. */
export function classify(value: string): ReadonlySet<EthnicityFlag> {
  const letters = value.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/\P{L}/gu, '');
  const flags = new Set<EthnicityFlag>();
  const has = (...words: string[]): boolean => words.some((word) => letters.includes(word));
  if (has('caucasian', 'white')) flags.add('white');
  if (has('black')) flags.add('black');
  if (letters.split('caucasian').join('').includes('asian')) flags.add('asian');
  if (has('hispanic', 'latino', 'afrolatinx')) flags.add('hispanic');
  if (has('middleeastern')) flags.add('middle_eastern');
  if (has('nativeamerican', 'firstnations')) flags.add('native_american');
  if (has('pacificislander')) flags.add('pacific_islander');
  if (has('mixed')) flags.add('mixed');
  if (flags.size === 0) flags.add('other');
  return flags;
}
