import { formatFixed } from '../../main/domain/format.ts';

/**
 * What a person types as a number: 1,024 · 1 024 · 1.5k · 2M · 0,5 · −3. Null when it is none.
 * A comma before exactly three digits separates thousands, any other single comma is a decimal one.
 */
export function parseNumber(text: string): number | null {
  const match = /^([-−+]?)([\d.,\s]*\d[\d.,\s]*)([kKmM]?)$/.exec(text.trim());
  if (!match) return null;
  const [, sign, digits, suffix] = match;
  const plain = withoutThousands(digits!.replace(/\s/g, ''));
  if (plain === null) return null;
  const factor = suffix === '' ? 1 : suffix!.toLowerCase() === 'k' ? 1e3 : 1e6;
  const value = Number((Number(plain) * factor).toPrecision(15));
  if (!Number.isFinite(value)) return null;
  return sign === '-' || sign === '−' ? -value : value;
}

function withoutThousands(digits: string): string | null {
  if (/^[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(digits)) return digits.replaceAll(',', '');
  const plain = digits.replace(/^(\d*),(\d+)$/, '$1.$2');
  return /^(\d+\.?\d*|\.\d+)$/.test(plain) ? plain : null;
}

/** The number as a field shows it: thousands separated, at least `decimals` places, never rounded away. */
export function showNumber(value: number, decimals = 0): string {
  if (!Number.isFinite(value)) return '';
  const short = String(value);
  if (/e/.test(short)) return short;
  const places = Math.max(decimals, short.split('.')[1]?.length ?? 0);
  const [whole, fraction] = formatFixed(Math.abs(value), places).split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return `${value < 0 ? '−' : ''}${grouped}${fraction ? `.${fraction}` : ''}`;
}
