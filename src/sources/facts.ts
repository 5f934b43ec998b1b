import type { ClockDifference } from '../core/clock.js';

/** One setting of a server, as it is for others and as it is in the tool's own sessions. */
export interface SettingFact {
  readonly name: string;
  readonly server: string;
  readonly session: string;
}

/** What a server says about itself and the connection to it: what `make check` judges. */
export interface ServerFacts {
  /** Name and version as people know them, such as `MariaDB 10.11.14`. */
  readonly version: string;
  /** `host:port/database`. */
  readonly where: string;
  readonly database: string;
  /** The account by which the server let the user in; undefined where it asks for none. */
  readonly account: string | undefined;
  /** True where the server is on this machine. */
  readonly isNear: boolean;
  /** How the connection is encrypted, in the server's words; undefined where it is not. */
  readonly cipher: string | undefined;
  readonly clock: ClockDifference | undefined;
  /** Settings that cut a long read short. */
  readonly settings: readonly SettingFact[];
}

/** How the server would read the rows of one range, by its own explanation of the statement that an export sends. */
export interface ReadPlan {
  /** The index that leads to the rows; undefined where all rows are looked at. */
  readonly index: string | undefined;
  /** In the server's word: `range`, `ALL`, `IXSCAN`, `COLLSCAN`. */
  readonly word: string;
}

/** What a server says about one source, from its catalogue and statistics: no row is read. */
export interface SourceFacts {
  /** Database and table as statements name them. */
  readonly qualified: string;
  /** Undefined where the source has no key yet to ask about, or the server explains nothing. */
  readonly plan: ReadPlan | undefined;
  /** Bytes that the exported columns of a row take, by the server's statistics; undefined where it has none. */
  readonly rowBytes: number | undefined;
  /** Exported text column → its character set. */
  readonly charsets: Readonly<Record<string, string>>;
  /** The statement that would make the missing index; undefined where there is one. */
  readonly indexStatement: string | undefined;
  /** A statement that shows keys that several rows have; it reads the whole index, or the table where there is none. */
  readonly doublesStatement: string;
}
