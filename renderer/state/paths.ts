/** The value at "space.1.low", undefined where there is none. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined), value);
}

/** A copy with another value at the path; what is not on the way is shared. */
export function withValue<T>(value: T, path: string, next: unknown): T {
  const [key, ...rest] = path.split('.');
  if (key === undefined || key === '') return next as T;
  const inner = rest.length === 0 ? next : withValue((value as Record<string, unknown>)[key], rest.join('.'), next);
  if (Array.isArray(value)) return value.with(Number(key), inner) as T;
  return { ...value, [key]: inner };
}
