/** The classes of target.md, rule 4, each with the words of a value that set it. */
const words = {
  white: ['caucasian', 'white'],
  black: ['black'],
  asian: ['asian'],
  hispanic: ['hispanic', 'latino', 'afrolatinx'],
  middle_eastern: ['middleeastern'],
  native_american: ['nativeamerican', 'firstnations'],
  pacific_islander: ['pacificislander'],
  mixed: ['mixed'],
} as const;

const classes = Object.keys(words) as (keyof typeof words)[];

/** The nine flags in the order of the target's columns. */
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

function classTest(name: keyof typeof words): string {
  // "caucasian" ends in "asian": it is taken out before asian is looked for.
  const word = name === 'asian' ? "replace(word, 'caucasian', '')" : 'word';
  return words[name].map((text) => `contains(${word}, '${text}')`).join(' OR ');
}

/** Each value of the lookup is classified once: lower case, without accents and anything that is no letter. */
export const classifySql = `
  SELECT *, NOT (${classes.join(' OR ')}) AS other FROM (
    SELECT *, ${classes.map((name) => `(${classTest(name)}) AS ${name}`).join(', ')} FROM (
      SELECT *, regexp_replace(lower(strip_accents(coalesce(ethnicity, ''))), '[^\\p{L}]', '', 'g') AS word FROM {input}
    )
  )`;

/** Ids and flags of an image. An id that the lookup lacks keeps its place in the list and sets no flag. */
export const imageEthnicitySql = `
  SELECT i.image_id,
    list_sort(list(i.ethnicity_id) FILTER (WHERE i.ethnicity_id IS NOT NULL)) AS ethnicity_ids,
    ${ethnicityFlags.map((name) => `bool_or(coalesce(e.${name}, false)) AS ${name}`).join(', ')}
  FROM {distinct} i LEFT JOIN ethnicity e ON e.ethnicity_id = i.ethnicity_id
  GROUP BY i.image_id`;
