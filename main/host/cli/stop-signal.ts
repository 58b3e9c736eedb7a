const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on the Ctrl+C that the terminal has already sent to everybody: one press arrives twice. */
const SAME_PRESS_MS = 1000;

/** Resolves at the first Ctrl+C, kill or closed terminal; another one a second later ends the process at once. */
export function nextStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstMs: number | null = null;
    for (const name of SIGNALS) {
      process.on(name, (signal) => {
        if (firstMs !== null && performance.now() - firstMs > SAME_PRESS_MS) process.exit(130);
        firstMs ??= performance.now();
        resolve(signal);
      });
    }
  });
}
