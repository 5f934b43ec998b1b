import type { ProfiledUser } from './clickhouse-config.js';

/**
 * What profiles may say without any harm meant, and what would change what is made, inserted or counted (target.md, rule
 * 10). All names are known to both versions.
 */
const changesValues: ProfiledUser['settings'] = {
  session_timezone: 'Asia/Tokyo',
  date_time_input_format: 'best_effort_us',
  cast_string_to_date_time_mode: 'best_effort_us',
  date_time_overflow_behavior: 'ignore',
  cast_keep_nullable: 1,
  data_type_default_nullable: 1,
  decimal_check_overflow: 0,
  join_use_nulls: 1,
  transform_null_in: 1,
  short_circuit_function_evaluation: 'disable',
  least_greatest_legacy_null_behavior: 1,
  prefer_column_name_to_alias: 1,
  enable_positional_arguments: 0,
  aggregate_functions_null_for_empty: 1,
  group_by_use_nulls: 1,
  async_insert: 1,
  wait_for_async_insert: 0,
  insert_deduplicate: 1,
  insert_deduplication_token: 'the same for all',
  max_partitions_per_insert_block: 1,
  max_insert_block_size: 1,
  min_insert_block_size_rows: 1,
  min_insert_block_size_bytes: 1,
  max_insert_threads: 4,
  optimize_on_insert: 1,
  insert_null_as_default: 1,
  input_format_null_as_default: 1,
  input_format_parquet_case_insensitive_column_matching: 1,
  input_format_parquet_allow_missing_columns: 1,
  input_format_parquet_import_nested: 1,
  input_format_parquet_max_block_size: 2,
};

const changesCounts: ProfiledUser['settings'] = {
  final: 1,
  apply_deleted_mask: 0,
  apply_patch_parts: 0,
  enable_lightweight_delete: 0,
  limit: 1,
  offset: 1,
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_decimals: 0,
};

/** Tables of the catalogue and answers of now() would be kept too. */
const cachesAnswers: ProfiledUser['settings'] = {
  use_query_cache: 1,
  query_cache_nondeterministic_function_handling: 'save',
  query_cache_system_table_handling: 'save',
};

/** Each breaks off in silence where a limit is reached, and gives what it has so far. */
const groupsFew: ProfiledUser['settings'] = { max_rows_to_group_by: 1, group_by_overflow_mode: 'any' };
const readsFew: ProfiledUser['settings'] = { max_rows_to_read: 10, read_overflow_mode: 'break', max_block_size: 5 };
const answersFew: ProfiledUser['settings'] = { max_result_rows: 1, result_overflow_mode: 'break', max_block_size: 1 };
const hurries: ProfiledUser['settings'] = { max_execution_time: 0.5, timeout_overflow_mode: 'break' };

const profiles = { changesValues, changesCounts, cachesAnswers, groupsFew, readsFew, answersFew, hurries };

export type HostileUser = keyof typeof profiles;
export const hostilePassword = 'means-no-harm';

/** Settings of one version: the reader of Parquet that it was not built to use, and what it has of its own. */
const ofVersion: Readonly<Record<'26.7' | '25.8', ProfiledUser['settings']>> = {
  '26.7': { input_format_parquet_use_native_reader_v3: 0, deduplicate_insert_select: 'force_enable' },
  '25.8': { input_format_parquet_use_native_reader: 1 },
};

/** Users whose profiles want it otherwise. */
export function hostileUsers(version: '26.7' | '25.8'): ProfiledUser[] {
  return Object.entries(profiles).map(([user, settings]) => ({
    user,
    password: hostilePassword,
    settings: user === 'changesValues' ? { ...settings, ...ofVersion[version] } : settings,
  }));
}
