import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { badInput } from '../../domain/errors.ts';

type Parsed<O extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true; strict: true }>>;

/**
 * Options and positionals of one command, strictly: an unknown option or one argument too many is refused by name.
 * `most` and `least` name the positionals, for the refusal.
 */
export function parseCommandLine<const O extends ParseArgsOptionsConfig>(
  args: readonly string[], options: O, positionals: { readonly least?: readonly string[]; readonly most?: readonly string[] } = {},
): Parsed<O> {
  const parsed = parseStrictly(args, options);
  const least = positionals.least ?? [];
  const most = positionals.most ?? least;
  const missing = least[parsed.positionals.length];
  if (missing !== undefined) throw badInput(missing, undefined, 'one after the options; --help explains');
  const extra = parsed.positionals[most.length];
  if (extra !== undefined) throw badInput('argument', extra, most.length === 0 ? 'options only' : `only ${most.join(' ')}`);
  return parsed;
}

/** A whole number in an option; undefined when the option is not there. */
export function wholeNumber(option: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) throw badInput(option, text, `a whole number from ${least} to ${most}`);
  return value;
}

/** "a,b" as a list. */
export function listOf(text: string | undefined): string[] | undefined {
  return text?.split(',').map((part) => part.trim()).filter((part) => part !== '');
}

export function oneOf<const T extends string>(option: string, text: string | undefined, accepted: readonly T[]): T | undefined {
  if (text === undefined || (accepted as readonly string[]).includes(text)) return text as T | undefined;
  throw badInput(option, text, accepted.join(', '));
}

function parseStrictly<O extends ParseArgsOptionsConfig>(args: readonly string[], options: O): Parsed<O> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true }) as Parsed<O>;
  } catch (error) {
    const accepted = Object.keys(options).map((name) => `--${name}`).join(', ');
    const option = /'(?<option>-[^' ]*)/.exec(error instanceof Error ? error.message : '')?.groups?.['option'] ?? 'option';
    const code = (error as { code?: string }).code;
    if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') throw badInput(`the value of ${option}`, undefined, optionHelp(options, option));
    throw badInput('option', option, accepted);
  }
}

function optionHelp(options: ParseArgsOptionsConfig, option: string): string {
  return options[option.replace(/^-+/, '')]?.type === 'string' ? `something after it; ${option}=VALUE when it begins with -` : `${option} alone, without a value`;
}
