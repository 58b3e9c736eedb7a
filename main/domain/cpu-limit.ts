/** Linux hands a CPU limit out in periods of this length, Docker's usual one too. ms */
export const CPU_PERIOD_MS = 100;
