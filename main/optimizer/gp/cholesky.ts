/**
 * Dense symmetric positive definite systems. Matrices are row-major Float64Array of shape (n, n).
 * A = L Lᵀ with L lower triangular (Golub & Van Loan, §4.2).
 */
export interface Factor {
  readonly n: number;
  /** L, shape (n, n); entries above the diagonal are 0. */
  readonly lower: Float64Array;
  /** What had to be added to the diagonal. */
  readonly jitter: number;
}

const JITTERS = [0, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2];

/** Factor of `matrix`, with the smallest jitter (relative to the mean diagonal) that works; null when none does. */
export function factorise(matrix: Float64Array, n: number): Factor | null {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += matrix[i * n + i]!;
  const scale = n === 0 ? 1 : trace / n;
  if (!Number.isFinite(scale)) return null;
  for (const relative of JITTERS) {
    const jitter = relative * scale;
    const lower = tryFactorise(matrix, n, jitter);
    if (lower !== null) return { n, lower, jitter };
  }
  return null;
}

function tryFactorise(matrix: Float64Array, n: number, jitter: number): Float64Array | null {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const rowI = i * n;
    for (let j = 0; j <= i; j++) {
      const rowJ = j * n;
      let sum = matrix[rowI + j]!;
      for (let k = 0; k < j; k++) sum -= lower[rowI + k]! * lower[rowJ + k]!;
      if (j < i) {
        lower[rowI + j] = sum / lower[rowJ + j]!;
        continue;
      }
      const pivot = sum + jitter;
      if (!(pivot > 1e-14 * (matrix[rowI + i]! + jitter))) return null;
      lower[rowI + i] = Math.sqrt(pivot);
    }
  }
  return lower;
}

/** L⁻¹ b, in place. */
export function solveLower({ n, lower }: Factor, b: Float64Array): Float64Array {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= lower[row + k]! * b[k]!;
    b[i] = sum / lower[row + i]!;
  }
  return b;
}

/** L⁻ᵀ b, in place. */
export function solveUpper({ n, lower }: Factor, b: Float64Array): Float64Array {
  for (let i = n - 1; i >= 0; i--) {
    const value = b[i]! / lower[i * n + i]!;
    b[i] = value;
    const row = i * n;
    for (let k = 0; k < i; k++) b[k] = b[k]! - lower[row + k]! * value;
  }
  return b;
}

/** A⁻¹ b, as a new vector. */
export function solve(factor: Factor, b: Float64Array): Float64Array {
  return solveUpper(factor, solveLower(factor, b.slice()));
}

/** A⁻¹, shape (n, n); only the lower triangle is filled. */
export function invertLower({ n, lower }: Factor): Float64Array {
  const inverse = new Float64Array(n * n);
  // Rows of `columns` are the columns of L⁻¹, so that every inner loop runs along memory.
  const columns = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const column = j * n;
    columns[column + j] = 1 / lower[j * n + j]!;
    for (let i = j + 1; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let k = j; k < i; k++) sum -= lower[row + k]! * columns[column + k]!;
      columns[column + i] = sum / lower[row + i]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += columns[i * n + k]! * columns[j * n + k]!;
      inverse[i * n + j] = sum;
    }
  }
  return inverse;
}

/** log |A|. */
export function logDeterminant({ n, lower }: Factor): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.log(lower[i * n + i]!);
  return 2 * sum;
}
