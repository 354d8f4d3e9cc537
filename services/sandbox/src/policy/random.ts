/** A source of uniform numbers in [0, 1). */
export type Random = () => number;

/** 32-bit FNV-1a over UTF-16 units, continued from `hash`. */
export function hashText(text: string, hash = 0x811c9dc5): number {
  let h = hash;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/**
 * A deterministic stream of uniforms (sfc32) from an integer seed of up to 53 bits and a 32-bit
 * salt: equal arguments, equal stream.
 */
export function seededRandom(seed: number, salt = 0): Random {
  let a = mix(seed >>> 0);
  let b = mix(Math.floor(seed / 0x100000000) ^ 0x9e3779b9);
  let c = mix(salt ^ 0x85ebca6b);
  let d = 1;
  const next = (): number => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return (t >>> 0) / 0x100000000;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
}
