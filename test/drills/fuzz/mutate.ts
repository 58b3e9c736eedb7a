import type { Random } from '../../../main/domain/random.ts';

const ODD_VALUES: readonly unknown[] = [
  null, true, 0, -1, 0.5, 1e308, -1e308, 2 ** 53, '', ' ', 'x', '\u0000', '\u001b[2J', '../../etc/passwd', '__proto__', 'x'.repeat(5000), [], {}, [[[[[[]]]]]],
  { __proto__: null }, [null], '9'.repeat(400), '1e999', '2026-02-30T25:61:61Z',
];

/** A copy of a JSON value with one to four places of it changed, removed, doubled or added to. */
export function mutateJson(random: Random, value: unknown): unknown {
  const box = { root: structuredClone(value) };
  for (let i = random.integer(1, 4); i > 0; i--) {
    const places = placesIn(box);
    const [holder, key] = places[random.integer(0, places.length - 1)]!;
    const odd = ODD_VALUES[random.integer(0, ODD_VALUES.length - 1)];
    switch (random.integer(0, 4)) {
      case 0:
        if (Array.isArray(holder)) holder.splice(Number(key), 1);
        else if (holder !== box) Reflect.deleteProperty(holder, key);
        break;
      case 1:
        if (Array.isArray(holder)) holder.push(holder[Number(key)]);
        else Object.defineProperty(holder, `${key}x`, { value: odd, enumerable: true, configurable: true, writable: true });
        break;
      default:
        (holder as Record<string, unknown>)[key] = odd;
    }
  }
  return box.root;
}

type Place = readonly [holder: object, key: string];

function placesIn(holder: object, found: Place[] = []): Place[] {
  for (const [key, value] of Object.entries(holder)) {
    found.push([holder, key]);
    if (typeof value === 'object' && value !== null) placesIn(value, found);
  }
  return found;
}

/** A copy of the bytes with a few of them changed, cut out, doubled, or the rest cut off. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  let result = Buffer.from(bytes);
  for (let i = random.integer(1, 6); i > 0 && result.length > 0; i--) {
    const at = random.integer(0, result.length - 1);
    const length = random.integer(1, Math.min(64, result.length - at));
    switch (random.integer(0, 5)) {
      case 0:
        result[at] = random.integer(0, 255);
        break;
      case 1:
        result[at] = result[at]! ^ (1 << random.integer(0, 7));
        break;
      case 2:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at, at + length), result.subarray(at)]);
        break;
      case 4:
        result.fill(random.next() < 0.5 ? 0 : 0xff, at, at + length);
        break;
      default:
        if (random.next() < 0.3) result = result.subarray(0, at);
    }
  }
  return result;
}
