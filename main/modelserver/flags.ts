import { ServescapeError, badInput } from '../domain/errors.ts';

/**
 * TensorFlow Serving's flags, and our own (`servescape_…`, `bind_address`). Accepted without effect:
 * `rest_api_num_threads` (one event loop handles all requests). `rest_api_port` 0: the system chooses. gRPC is answered on the
 * REST port; `port` 0 (TensorFlow Serving: 8500): on no other one.
 */
const FLAGS = {
  port: integer(0, 0, 65_535),
  rest_api_port: integer(0, 0, 65_535),
  rest_api_num_threads: integer(0, 0, 100_000),
  rest_api_timeout_in_ms: integer(30_000, 1, 2_147_483_647),
  model_name: text('default'),
  model_base_path: text(''),
  enable_batching: boolean(false),
  batching_parameters_file: text(''),
  monitoring_config_file: text(''),
  tensorflow_session_parallelism: integer(0, 0, 1024),
  tensorflow_intra_op_parallelism: integer(0, 0, 1024),
  tensorflow_inter_op_parallelism: integer(0, 0, 1024),
  max_num_load_retries: integer(5, 0, 1000),
  load_retry_interval_micros: integer(60_000_000, 0, Number.MAX_SAFE_INTEGER),
  file_system_poll_wait_seconds: integer(1, 0, 1_000_000),
  bind_address: text('127.0.0.1'),
  servescape_cpu_cores: decimal(0, 0.01, 1024),
  servescape_memory_limit_mb: integer(0, 6, 1_048_576),
  servescape_exit_with_parent: boolean(false),
} as const;

interface Flag<Value> {
  readonly usual: Value;
  readonly isBoolean: boolean;
  /** `undefined` when the text is not accepted. */
  readonly read: (text: string) => Value | undefined;
  readonly accepted: string;
}

type FlagName = keyof typeof FLAGS;
/** Every flag with its value. Zero limits and parallelisms mean “not set”. */
export type Flags = { readonly [Name in FlagName]: (typeof FLAGS)[Name]['usual'] };

/**
 * Reads `--flag=value`, `--flag value`, `--flag` (booleans) and refuses what TensorFlow Serving refuses.
 * @throws ServescapeError `bad-input`
 */
export function parseFlags(args: readonly string[]): Flags {
  const values: Record<string, string | number | boolean> =
    Object.fromEntries(Object.entries(FLAGS).map(([name, { usual }]) => [name, usual]));
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] as string;
    const match = /^--?(?<name>[A-Za-z_]+)(?:=(?<value>.*))?$/s.exec(arg);
    const name = match?.groups?.['name'] ?? '';
    if (!Object.hasOwn(FLAGS, name)) {
      throw new ServescapeError('bad-input', `unknown argument: ${arg}. Known: ${Object.keys(FLAGS).map((flag) => `--${flag}`).join(', ')}.`);
    }
    const flag: Flag<string | number | boolean> = FLAGS[name as FlagName];
    let given = match?.groups?.['value'];
    if (given === undefined && !(flag.isBoolean && !isBooleanText(args[i + 1]))) {
      i += 1;
      given = args[i];
    }
    values[name] = readValue(name, flag, given ?? (flag.isBoolean ? 'true' : undefined));
  }
  const flags = values as unknown as Flags;
  checkTogether(flags);
  return flags;
}

function readValue<Value>(name: string, flag: Flag<Value>, given: string | undefined): Value {
  const value = given === undefined ? undefined : flag.read(given);
  if (value === undefined) throw badInput(`--${name}`, given, flag.accepted);
  return value;
}

/** TensorFlow Serving's own words. */
function checkTogether(flags: Flags): void {
  if (flags.batching_parameters_file !== '' && !flags.enable_batching) {
    refuse('server_options.batching_parameters_file is set without setting server_options.enable_batching to true.');
  }
  if (flags.tensorflow_session_parallelism > 0
    && (flags.tensorflow_intra_op_parallelism > 0 || flags.tensorflow_inter_op_parallelism > 0)) {
    refuse('Either configure server_options.tensorflow_session_parallelism or (server_options.tensorflow_intra_op_parallelism, '
      + 'server_options.tensorflow_inter_op_parallelism) separately. You cannot configure all.');
  }
  if (flags.model_base_path === '') refuse('Both server_options.model_base_path and server_options.model_config_file are empty!');
  if (flags.model_name === '' || /[/:]/.test(flags.model_name)) {
    refuse(`--model_name: “${flags.model_name}” cannot be reached by a URL. Accepted: a name without / and :.`);
  }
}

function refuse(message: string): never {
  throw new ServescapeError('bad-input', message);
}

function isBooleanText(text: string | undefined): boolean {
  return text === 'true' || text === 'false';
}

function text(usual: string): Flag<string> {
  return { usual, isBoolean: false, read: (given) => given, accepted: 'text' };
}

function boolean(usual: boolean): Flag<boolean> {
  const words: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };
  return { usual, isBoolean: true, read: (given) => words[given.toLowerCase()], accepted: 'true or false' };
}

function integer(usual: number, least: number, most: number): Flag<number> {
  return {
    usual,
    isBoolean: false,
    read: (given) => (/^\d+$/.test(given) && Number(given) >= least && Number(given) <= most ? Number(given) : undefined),
    accepted: `a whole number from ${least} to ${most}`,
  };
}

function decimal(usual: number, least: number, most: number): Flag<number> {
  return {
    usual,
    isBoolean: false,
    read: (given) => (/^(\d+\.?\d*|\.\d+)$/.test(given) && Number(given) >= least && Number(given) <= most ? Number(given) : undefined),
    accepted: `a number from ${least} to ${most}`,
  };
}
