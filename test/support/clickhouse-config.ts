export interface ClickHouseUser {
  user: string;
  password: string;
}

export interface ProfiledUser extends ClickHouseUser {
  settings: Readonly<Record<string, string | number>>;
}

/**
 * The users file. clickhouse-local (26.7) is itself a session of the user `default` without a password, and reads
 * users from nowhere else; `default` has no rights there but those of that session, and `handlersXml` turns away
 * whoever comes in as `default`. The real server (25.8) has no such user.
 */
export function usersXml(options: {
  admin: ClickHouseUser;
  readonlyUser?: ClickHouseUser;
  profileXml?: string;
  /** More users with all rights, each with settings of its own as its profile. */
  profiledUsers?: readonly ProfiledUser[];
  withLocalSession: boolean;
}): string {
  const { admin, readonlyUser, profileXml = '', profiledUsers = [], withLocalSession } = options;
  const account = ({ user, password }: ClickHouseUser, more: string, profile = 'default'): string =>
    `<${user}><password>${escapeXml(password)}</password><networks><ip>127.0.0.1</ip></networks>` +
    `<profile>${profile}</profile><quota>default</quota>${more}</${user}>`;
  const settingsXml = (settings: ProfiledUser['settings']): string =>
    Object.entries(settings)
      .map(([name, value]) => `<${name}>${value}</${name}>`)
      .join('');
  const readGrants = '<grants><query>GRANT SELECT, SHOW ON *.*</query></grants>';
  const localGrants =
    '<grants><query>GRANT SYSTEM LISTEN ON *.*</query><query>GRANT SELECT ON system.numbers</query></grants>';
  return `<clickhouse>
  <profiles>
    <default>${profileXml}</default>
    ${profiledUsers.map(({ user, settings }) => `<${user}>${settingsXml(settings)}</${user}>`).join('')}
  </profiles>
  <quotas><default></default></quotas>
  <users>
    ${account(admin, '<access_management>1</access_management>')}
    ${readonlyUser === undefined ? '' : account(readonlyUser, readGrants)}
    ${profiledUsers.map((one) => account(one, '<access_management>1</access_management>', one.user)).join('')}
    ${withLocalSession ? account({ user: 'default', password: '' }, localGrants) : ''}
  </users>
</clickhouse>
`;
}

/**
 * What 26.7 answers to whom: only a request that names a user by basic authentication reaches the engine, and not as
 * `default` (ZGVmYXVsdDo is its beginning in base 64). Others get 403 or 404.
 */
function handlersXml(): string {
  const rule = (match: string, handler: string): string => `<rule>${match}<handler>${handler}</handler></rule>`;
  const answer = (status: number, text: string): string =>
    `<type>static</type><status>${status}</status><response_content>${text}</response_content>`;
  const refusal =
    'Code: 516. DB::Exception: default: Authentication failed: password is incorrect, or there is no user with such ' +
    'name. (AUTHENTICATION_FAILED)';
  const withHeader = (regex: string): string => `<headers><Authorization>regex:${regex}</Authorization></headers>`;
  const query = '<type>dynamic_query_handler</type><query_param_name>query</query_param_name>';
  return `<http_handlers>
    ${rule('<url>/ping</url><methods>GET,HEAD</methods>', answer(200, 'Ok.'))}
    ${rule(withHeader('Basic ZGVmYXVsdDo.*'), answer(403, refusal))}
    ${rule(withHeader('Basic .+'), query)}
  </http_handlers>`;
}

/** The server's configuration: HTTP on loopback, small caches, the log tables tests look into. */
export function serverXml(options: {
  dataDir: string;
  usersFile: string;
  httpPort: number;
  configXml?: string;
  withLocalSession: boolean;
}): string {
  const { dataDir, usersFile, httpPort, configXml = '', withLocalSession } = options;
  const logTable = (name: string): string =>
    `<${name}><database>system</database><table>${name}</table>` +
    `<flush_interval_milliseconds>500</flush_interval_milliseconds></${name}>`;
  return `<clickhouse>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${httpPort}</http_port>
  <path>${escapeXml(dataDir)}/data/</path>
  <tmp_path>${escapeXml(dataDir)}/tmp/</tmp_path>
  <users_config>${escapeXml(usersFile)}</users_config>
  <user_directories>
    <users_xml><path>${escapeXml(usersFile)}</path></users_xml>
    <local_directory><path>${escapeXml(dataDir)}/access/</path></local_directory>
  </user_directories>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <database_atomic_delay_before_drop_table_sec>1</database_atomic_delay_before_drop_table_sec>
  ${logTable('query_log')}
  ${logTable('part_log')}
  ${withLocalSession ? handlersXml() : ''}
  ${configXml}
</clickhouse>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
