export function electronBinary(): string | null;
export function hasDisplay(): boolean;
export function whyNoWindow(): string | null;
