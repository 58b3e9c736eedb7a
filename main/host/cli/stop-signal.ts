/** Resolves at the first Ctrl+C, kill or closed terminal; a second one ends the process at once. */
export function nextStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const first = (signal: NodeJS.Signals): void => {
      for (const name of signals) process.off(name, first).once(name, () => process.exit(130));
      resolve(signal);
    };
    for (const name of signals) process.on(name, first);
  });
}
