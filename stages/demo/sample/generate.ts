import { clusterRows, clusterTables, faceClusterRows } from './clusters.js';
import { detectionColumns, detectionRows } from './detections.js';
import type { CollectionName, SampleDocument } from './documents.js';
import { documentsOf, orphanDocumentsOf, strayDocuments } from './documents.js';
import { encodingColumns, encodingRows } from './encodings.js';
import { imageColumns, imageRow } from './images.js';
import { ethnicityRows, keywordRows } from './junctions.js';
import type { Row, Sample } from './sample.js';
import { topicColumns, topicRerunRows, topicRows } from './topics.js';

/** A table of the sample: the columns that are filled, and the rows that come with the image of an index. */
export interface SampleTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rowsOf: (sample: Sample, index: number) => readonly Row[];
  /** Rows that stand behind all others in the table. */
  readonly laterRowsOf?: (sample: Sample, index: number) => readonly Row[];
  /** True where rows do not arrive in the order of the images (the table has no key to be sorted by). */
  readonly shuffled?: boolean;
}

const clusterColumns = ['image_id', 'cluster_id', 'cluster_dist'];
const batchImages = 1000;

/** The tables with a row or more an image, the one with the most rows first. */
export function sampleTables(sample: Sample): readonly SampleTable[] {
  const tables: SampleTable[] = [
    { name: 'ImagesKeywords', columns: ['image_id', 'keyword_id'], rowsOf: keywordRows },
    { name: 'Detections', columns: detectionColumns, rowsOf: detectionRows },
    { name: 'Images', columns: imageColumns, rowsOf: (of, index) => [imageRow(of, index)] },
    { name: 'Encodings', columns: encodingColumns, rowsOf: encodingRows },
    {
      name: 'ImagesTopics',
      columns: topicColumns,
      rowsOf: topicRows,
      laterRowsOf: topicRerunRows,
      shuffled: true,
    },
    { name: 'ImagesEthnicity', columns: ['image_id', 'ethnicity_id'], rowsOf: ethnicityRows },
    ...clusterTables.map((table, place) => ({
      name: table.name,
      columns: clusterColumns,
      rowsOf: (of: Sample, index: number) => clusterRows(of, table, place, index),
    })),
  ];
  if (sample.faceClusters) tables.push({ name: 'ImagesClusters', columns: clusterColumns, rowsOf: faceClusterRows });
  return tables;
}

/** All rows of a table in the order they are inserted, in batches of 1,000 images; nothing else is held in memory. */
export function* rowBatches(sample: Sample, table: SampleTable): Generator<readonly Row[]> {
  for (let first = 0; first < sample.images; first += batchImages) {
    yield collect(sample, first, table.rowsOf, table.shuffled === true);
  }
  if (table.laterRowsOf === undefined) return;
  for (let first = 0; first < sample.images; first += batchImages) {
    yield collect(sample, first, table.laterRowsOf, table.shuffled === true);
  }
}

function collect(sample: Sample, first: number, rowsOf: SampleTable['rowsOf'], shuffled: boolean): Row[] {
  const rows: Row[] = [];
  for (let index = first; index < Math.min(first + batchImages, sample.images); index += 1) {
    for (const row of rowsOf(sample, index)) rows.push(row);
  }
  return shuffled ? rows.reverse() : rows;
}

/** All documents of a collection, in batches that are never empty. */
export function* documentBatches(sample: Sample, collection: CollectionName): Generator<readonly SampleDocument[]> {
  let batch = strayDocuments(sample, collection);
  for (let index = 0; index < sample.images; index += 1) {
    batch.push(...documentsOf(sample, collection, index), ...orphanDocumentsOf(sample, collection, index));
    if (batch.length < 1000) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
