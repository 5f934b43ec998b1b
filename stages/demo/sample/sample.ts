/** What a sample is made of. The same options give the same rows and documents on every machine. */
export interface SampleOptions {
  readonly images: number;
  readonly seed?: number;
  /** Ids left out in one piece after three fifths of the images. */
  readonly gap?: number;
  /** Encodings as older copies of the source have it: no UNIQUE(image_id), several rows an image. */
  readonly oldEncodings?: boolean;
  /** DATE '0000-00-00', '2020-00-15' and '2019-05-00' among the upload dates. */
  readonly zeroDates?: boolean;
  /** Values that do not fit the target's types; `badValues()` lists the images. */
  readonly badValues?: boolean;
  /** The optional table ImagesClusters, without a primary key and with several rows an image. */
  readonly faceClusters?: boolean;
  /** Greatest number of documents in all collections together. */
  readonly mongoDocuments?: number;
}

/** Sample options with every default filled in. */
export type Sample = Required<SampleOptions>;

/** A value of a sample row: DECIMAL, DATE and JSON are texts, FLOAT is a double that a float holds exactly. */
export type Value = string | number | null;
export type Row = readonly Value[];

/** What a fill reports while it works; `totalRows` is an estimate (the sample is never counted beforehand). */
export interface FillProgress {
  readonly table: string;
  readonly rows: number;
  readonly totalRows: number;
}

/** The outcome of a fill; `rows` is 0 where an earlier fill of the same sample was found. */
export interface FillResult {
  readonly reused: boolean;
  readonly rows: number;
}

/** The table and the collection that say a database was filled by us. */
export const markerName = 'transload_demo';

/** Raise with every change of the generated data, so that an old fill is not taken for a new one. */
const generatorVersion = 1;

const idMax = 2 ** 31 - 1;

/** Fills in the defaults and checks the options; throws a RangeError for a sample that int ids cannot hold. */
export function resolveSample(options: SampleOptions): Sample {
  const sample: Sample = {
    images: options.images,
    seed: options.seed ?? 1,
    gap: options.gap ?? 40_000,
    oldEncodings: options.oldEncodings ?? false,
    zeroDates: options.zeroDates ?? false,
    badValues: options.badValues ?? false,
    faceClusters: options.faceClusters ?? false,
    mongoDocuments: options.mongoDocuments ?? 20_000,
  };
  for (const [name, value] of Object.entries(sample)) {
    if (typeof value === 'number' && (!Number.isInteger(value) || value < 0)) {
      throw new RangeError(`sample option ${name} must be a whole number of at least 0, not ${value}`);
    }
  }
  // 128 detection ids are set aside for every image.
  if (sample.images < 1 || sample.images > idMax / 128) {
    throw new RangeError(`a sample has 1 to ${Math.floor(idMax / 128)} images, not ${sample.images}`);
  }
  if (sample.gap + sample.images * 1.1 + 1000 > idMax) {
    throw new RangeError(`a gap of ${sample.gap} and ${sample.images} images do not fit an int column`);
  }
  return sample;
}

/** All options beside images and seed, and the generator's version, as the marker keeps them. */
export function markerVersion(sample: Sample): string {
  const flags = [sample.oldEncodings, sample.zeroDates, sample.badValues, sample.faceClusters].map(Number).join('');
  return `${generatorVersion}-gap${sample.gap}-flags${flags}-documents${sample.mongoDocuments}`;
}

/** An estimate of the rows of all MySQL tables together. */
export function estimatedRows(sample: Sample): number {
  return Math.round(sample.images * 18.9);
}
