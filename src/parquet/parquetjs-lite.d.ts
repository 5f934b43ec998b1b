declare module 'parquetjs-lite/lib/reader.js' {
  export interface SchemaElement {
    name: string;
    num_children: number | null;
  }
  export interface FileMetaData {
    num_rows: number | { toNumber(): number; valueOf(): number };
    schema: SchemaElement[];
    row_groups: { columns: { meta_data: { codec: number } }[] }[];
  }
  export class ParquetEnvelopeReader {
    static openFile(path: string): Promise<ParquetEnvelopeReader>;
    readHeader(): Promise<void>;
    readFooter(): Promise<FileMetaData>;
    close(): Promise<void>;
  }
}
