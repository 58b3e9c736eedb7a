import { errorData, type ErrorCode } from '../../domain/errors.ts';

const BAD_INPUT: readonly ErrorCode[] = [
  'bad-input', 'project-missing', 'project-foreign', 'project-damaged', 'project-newer', 'project-read-only',
];

/** Runs a command and says what went wrong in words: 2 for what the user typed, 1 for what happened, 130 after Ctrl+C. */
export async function exitCodeOf(command: () => Promise<number>, options: { readonly json?: boolean } = {}): Promise<number> {
  try {
    return await command();
  } catch (error) {
    const data = errorData(error);
    console.error([data.message, data.hint ?? ''].join(' ').trim());
    if (data.code === 'internal' && error instanceof Error) console.error(error.stack);
    for (const line of data.log ?? []) console.error(`  ${line}`);
    if (options.json) console.log(JSON.stringify({ error: data }));
    return BAD_INPUT.includes(data.code) ? 2 : 1;
  }
}
