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
      const sum = matrix[rowI + j]! - dotRows(lower, rowI, lower, rowJ, j);
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

/** Σ a[i + k] b[j + k] over k < count; four sums at a time, since one would wait for every addition. */
export function dotRows(a: Float64Array, i: number, b: Float64Array, j: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < count; k += 4) {
    s0 += a[i + k]! * b[j + k]!;
    s1 += a[i + k + 1]! * b[j + k + 1]!;
    s2 += a[i + k + 2]! * b[j + k + 2]!;
    s3 += a[i + k + 3]! * b[j + k + 3]!;
  }
  for (; k < count; k++) s0 += a[i + k]! * b[j + k]!;
  return s0 + s1 + (s2 + s3);
}

/** L⁻¹ b, in place. */
export function solveLower({ n, lower }: Factor, b: Float64Array): Float64Array {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    b[i] = (b[i]! - dotRows(lower, row, b, 0, i)) / lower[row + i]!;
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
      columns[column + i] = -dotRows(lower, row + j, columns, column + j, i - j) / lower[row + i]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      inverse[i * n + j] = dotRows(columns, i * n + i, columns, j * n + i, n - i);
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
