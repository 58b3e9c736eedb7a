/** Everything a terminal would obey: control characters besides new line and tab, and what turns the direction of writing. */
const OBEYED = /(?![\n\t])\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text from files, containers and other programs as it may be printed: what a terminal would obey is shown as `\u001b`. */
export function terminalText(text: string): string {
  return text.replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** From now on nothing printed by `console` can command the terminal. */
export function keepTerminalSafe(out: Pick<Console, 'log' | 'error'> = console): void {
  for (const name of ['log', 'error'] as const) {
    const print = out[name].bind(out);
    out[name] = (...values: unknown[]) => print(...values.map((value) => (typeof value === 'string' ? terminalText(value) : value)));
  }
}
