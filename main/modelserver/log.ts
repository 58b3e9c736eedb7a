/** One line on standard error, dated and lettered as TensorFlow's logs are. */
export function log(level: 'I' | 'W' | 'E', line: string): void {
  const stamp = new Date().toISOString().replace('T', ' ').replace('Z', '000');
  process.stderr.write(`${stamp}: ${level} servescape/modelserver] ${line}\n`);
}
