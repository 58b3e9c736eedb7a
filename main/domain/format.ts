/** One formatter for screens, exports and the command line. Minus is −, missing is –. */
const MISSING = '–';

/** Counts: whole, thousands separated from 1,000. */
export function formatCount(value: number): string {
  return minus(Math.round(value).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ','));
}

/** "1 trial", "1,204 trials"; irregular plurals are given. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Exactly so many decimal places, where a column or a limit asks for them. */
export function formatFixed(value: number | null | undefined, places: number): string {
  return value === null || value === undefined || !Number.isFinite(value) ? MISSING : minus(value.toFixed(places));
}

/** Seconds of a phase: 1.4 s */
export function formatSeconds(seconds: number): string {
  return `${formatFixed(seconds, 1)} s`;
}

/** Measured values: three significant digits. */
export function formatValue(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  if (value === 0) return '0';
  const magnitude = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))));
  if (magnitude >= 3) return formatCount(Number(value.toPrecision(3)));
  return minus(value.toFixed(Math.min(Math.max(2 - magnitude, 0), 12)));
}

export interface TimeUnit {
  readonly unit: 'µs' | 'ms' | 's';
  /** Multiply milliseconds by this. */
  readonly factor: number;
}

/** One unit per chart and per column, chosen from its largest value in milliseconds. */
export function timeUnit(largestMs: number): TimeUnit {
  if (largestMs < 1) return { unit: 'µs', factor: 1000 };
  if (largestMs < 10_000) return { unit: 'ms', factor: 1 };
  return { unit: 's', factor: 0.001 };
}

/** 348 µs, 5.15 ms, 12.4 s */
export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  const { unit, factor } = timeUnit(Math.abs(ms));
  return `${formatValue(ms * factor)} ${unit}`;
}

/** 5.15 ± 0.05: the half-width has two significant digits at most, the value is rounded to its last place. */
export function formatInterval(value: number, halfWidth: number | null): string {
  if (halfWidth === null || !Number.isFinite(halfWidth) || halfWidth <= 0) return formatValue(value);
  const { text, decimals } = roundHalfWidth(halfWidth);
  return `${minus(value.toFixed(decimals))} ± ${text}`;
}

export function formatHalfWidth(halfWidth: number): string {
  return `± ${roundHalfWidth(halfWidth).text}`;
}

/** Two significant digits while they begin with 1 to 3, else one (as the Particle Data Group rounds); whole from 10. */
function roundHalfWidth(halfWidth: number): { text: string; decimals: number } {
  const twoDigits = Number(halfWidth.toPrecision(2));
  const magnitude = Math.floor(Math.log10(twoDigits));
  const digits = twoDigits / 10 ** magnitude < 4 ? 2 : 1;
  const decimals = Math.max(digits - 1 - magnitude, 0);
  return { text: twoDigits.toFixed(decimals), decimals };
}

/** Percentages: whole from 10, one decimal below. */
export function formatPercent(percent: number | null | undefined): string {
  if (percent === null || percent === undefined || !Number.isFinite(percent)) return MISSING;
  return `${minus(Math.abs(percent) >= 9.95 ? percent.toFixed(0) : String(Number(percent.toFixed(1))))} %`;
}

/** MB below 10,000 MB, then GB of 1,024 MB. */
export function formatMemory(memoryMb: number | null | undefined): string {
  if (memoryMb === null || memoryMb === undefined || !Number.isFinite(memoryMb)) return MISSING;
  return memoryMb < 10_000 ? `${formatCount(memoryMb)} MB` : `${formatValue(memoryMb / 1024)} GB`;
}

/** A file's size: "812 bytes", "64.3 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${formatValue(bytes / 1e3)} KB` : bytes < 1e9 ? `${formatValue(bytes / 1e6)} MB` : `${formatValue(bytes / 1e9)} GB`;
}

export function formatCores(cores: number): string {
  return `${cores.toFixed(2)} ${cores === 1 ? 'core' : 'cores'}`;
}

/** 4 min 51 s, 2 h 10 min, 38 s, below a second: "under 1 s". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return MISSING;
  if (seconds < 1) return 'under 1 s';
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(seconds / 60);
  return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

/** "about 5 min": nothing finer than the estimate deserves. */
export function formatEstimate(seconds: number): string {
  if (!Number.isFinite(seconds)) return MISSING;
  if (seconds < 10) return 'a few seconds';
  // To 5 s: the parts beside it add up.
  if (seconds < 57.5) return `about ${Math.round(seconds / 5) * 5} s`;
  if (seconds < 3300) return `about ${Math.max(1, Math.round(seconds / 60))} min`;
  const hours = seconds / 3600;
  return `about ${hours < 10 ? Number(hours.toFixed(1)) : Math.round(hours)} h`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function minus(text: string): string {
  return text.replace('-', '−');
}

/** A label or phrase inside a sentence: its first letter small, unless an abbreviation begins there. */
export function inSentence(text: string): string {
  return /^[A-Z]{2}/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);
}
