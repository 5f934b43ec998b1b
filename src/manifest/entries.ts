import { z } from 'zod';

/** Keys are decimal text in JSON: a 64-bit key does not survive a JSON number. */
const keyText = z.string().regex(/^\d{1,20}$/);

/** A file's name inside its folder: it cannot leave it, whatever a foreign manifest says. */
const fileName = z
  .string()
  .min(1)
  .refine(
    (name) => !/[\\\p{Cc}]/u.test(name) && name.split('/').every((part) => !['', '.', '..'].includes(part)),
    'leaves the folder',
  );

/** Something worth telling that was counted, with the key of one case. */
const countedSchema = z.object({ count: z.number().int(), example: z.string().nullable() });
export type Counted = z.infer<typeof countedSchema>;

const common = {
  format: z.literal(1),
  /** First and last key, inclusive. */
  first: keyText.nullable(),
  last: keyText.nullable(),
  /** Relative to the folder that holds the manifest's kind: the dataset's folder, or the shards folder. */
  file: fileName,
  rows: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
  /** Empty where a range without rows made no file. */
  sha256: z.string(),
  least: keyText.nullable(),
  greatest: keyText.nullable(),
  /** The hash of the declaration that the file was made with. */
  hash: z.string(),
  run: z.string(),
  /** When it was finished, ISO 8601, UTC: the newest line of a file wins. */
  time: z.string(),
  seconds: z.number(),
  oddities: z.record(z.string(), countedSchema),
};

const exportEntrySchema = z.object({
  ...common,
  kind: z.literal('export'),
  source: z.string(),
  /** When the consistent read began, ISO 8601, UTC. */
  snapshot: z.string(),
});
export type ExportEntry = z.infer<typeof exportEntrySchema>;

const columnFactsSchema = z.object({
  name: z.string(),
  nulls: z.number().int(),
  min: z.string().nullable(),
  max: z.string().nullable(),
  /** Sum over the rows of (value + 1) × mix(key), modulo 2^64; see docs/format.md. */
  hash: z.string(),
  /** Sum of mix(key) over the rows where the value is NULL: what an unknown-value adds at the target. */
  nullHash: z.string(),
});
export type ColumnFacts = z.infer<typeof columnFactsSchema>;

const shardEntrySchema = z.object({
  ...common,
  kind: z.literal('shard'),
  first: keyText,
  last: keyText,
  /** Rows of the driving source in the range: rows + rejected rows, always. */
  driving: z.number().int().nonnegative(),
  /** One hash over the sha256 of everything the shard was made of. */
  inputs: z.string(),
  sources: z.array(z.object({ source: z.string(), rows: z.number().int(), files: z.array(z.string()) })),
  rejects: z.object({
    rows: z.number().int(),
    values: z.number().int(),
    file: fileName.nullable(),
    sha256: z.string(),
    /** Rejected values by column. */
    columns: z.record(z.string(), z.number().int()),
  }),
  columns: z.array(columnFactsSchema),
});
export type ShardEntry = z.infer<typeof shardEntrySchema>;

/** Says that a file is about to be made anew: until its next line, what is recorded of it no longer holds. */
const redoEntrySchema = z.object({
  format: z.literal(1),
  kind: z.literal('redo'),
  file: fileName,
  run: z.string(),
  time: z.string(),
});
export type RedoEntry = z.infer<typeof redoEntrySchema>;

export type ManifestEntry = ExportEntry | ShardEntry | RedoEntry;
export const manifestEntrySchema: z.ZodType<ManifestEntry> = z.discriminatedUnion('kind', [
  exportEntrySchema,
  shardEntrySchema,
  redoEntrySchema,
]);
