/** Ports that people take for the one that transload speaks to; 33060 and 9000 stand right beside it in many a note. */
const ports: Readonly<Record<string, string>> = {
  '33060': "MySQL's X protocol",
  '8123': "ClickHouse's HTTP",
  '8443': "ClickHouse's HTTPS",
  '18123': "ClickHouse's HTTP",
  '9000': "ClickHouse's native protocol",
  '9440': "ClickHouse's native protocol",
  '9004': "ClickHouse's MySQL protocol",
  '3306': "MySQL's",
  '27017': "MongoDB's",
  '5432': "PostgreSQL's",
};

/**
 * ` (port 33060 is usually MySQL's X protocol, 3306 is the one wanted)`, for the hint of a server that did not answer at
 * `host:port/…`; '' where nothing is known of its port, or it is the usual one.
 */
export function otherProtocol(server: string, usual: string): string {
  const port = /:(\d+)(?:\/|$)/.exec(server)?.[1] ?? usual;
  const name = port === usual ? undefined : ports[port];
  return name === undefined ? '' : ` (port ${port} is usually ${name}, ${usual} is the one wanted)`;
}
