/** Says whether one more is too many: `most` within the last `windowMs`. */
export function createRateLimit(most: number, windowMs: number, nowMs: () => number = () => performance.now()): () => boolean {
  let times: number[] = [];
  return () => {
    const now = nowMs();
    times = times.filter((time) => now - time < windowMs);
    if (times.length >= most) return true;
    times.push(now);
    return false;
  };
}
