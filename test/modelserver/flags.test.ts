import { describe, expect, it } from 'vitest';
import { parseFlags } from '../../main/modelserver/flags.ts';

const BASE = '--model_base_path=/models/digits';

describe('parseFlags', () => {
  it('takes TensorFlow Serving’s defaults', () => {
    expect(parseFlags([BASE])).toMatchObject({
      port: 0, model_name: 'default', rest_api_timeout_in_ms: 30_000, max_num_load_retries: 5, load_retry_interval_micros: 60_000_000,
      file_system_poll_wait_seconds: 1, enable_batching: false, bind_address: '127.0.0.1',
    });
  });

  it('reads both spellings of a value and of a boolean', () => {
    expect(parseFlags(['--model_name', 'digits', BASE, '--enable_batching', '--rest_api_port=8501'])).toMatchObject({
      model_name: 'digits', enable_batching: true, rest_api_port: 8501,
    });
    expect(parseFlags([BASE, '--enable_batching=true']).enable_batching).toBe(true);
    expect(parseFlags([BASE, '--enable_batching', 'false']).enable_batching).toBe(false);
  });

  it.each([
    [[BASE, '--batching_parameters_file=/b'], 'server_options.batching_parameters_file is set without setting server_options.enable_batching to true.'],
    [[BASE, '--tensorflow_session_parallelism=1', '--tensorflow_intra_op_parallelism=1', '--tensorflow_inter_op_parallelism=1'],
      'Either configure server_options.tensorflow_session_parallelism or (server_options.tensorflow_intra_op_parallelism, server_options.tensorflow_inter_op_parallelism) separately. You cannot configure all.'],
    [[], 'Both server_options.model_base_path and server_options.model_config_file are empty!'],
    [[BASE, '--rest_api_port=many'], '--rest_api_port: “many” cannot be used. Accepted: a whole number from 0 to 65535.'],
    [[BASE, '--servescape_cpu_cores=-1'], '--servescape_cpu_cores: “-1” cannot be used'],
    [[BASE, '--rest_api_port'], '--rest_api_port'],
    [[BASE, '--model_nam=x'], 'unknown argument: --model_nam=x'],
    [[BASE, '--constructor=x'], 'unknown argument: --constructor=x'],
    [[BASE, '--model_name=a/b'], '--model_name'],
  ])('refuses %j', (args, message) => {
    expect(() => parseFlags(args)).toThrowError(message);
  });
});
