/** The logo of packs that have no other: a white ring in a round square, drawn here so that no picture has to be kept. */
import { renderPng } from '../../formats/png.ts';

/** Pixels, each way; Palette shows it in less. */
const size = 192;
const corner = 40;
const ground = [29, 78, 137] as const;
const ring = { outer: 62, inner: 38 } as const;
/** Each pixel is looked at in so many places each way, which makes the edges smooth. */
const samples = 4;

export function plainLogo(): Uint8Array {
  return renderPng(size, size, (x, y) => {
    let inside = 0;
    let white = 0;
    for (let sy = 0; sy < samples; sy++)
      for (let sx = 0; sx < samples; sx++) {
        const [px, py] = [x + (sx + 0.5) / samples, y + (sy + 0.5) / samples];
        if (!inSquare(px, py)) continue;
        inside += 1;
        if (inRing(px, py)) white += 1;
      }
    const part = inside === 0 ? 0 : white / inside;
    const [red, green, blue] = ground.map((shade) => Math.round(shade + (255 - shade) * part));
    return [red ?? 0, green ?? 0, blue ?? 0, Math.round((255 * inside) / samples ** 2)];
  });
}

function inSquare(x: number, y: number): boolean {
  const beyond = (value: number) => Math.max(corner - value, value - (size - corner), 0);
  return Math.hypot(beyond(x), beyond(y)) <= corner;
}

function inRing(x: number, y: number): boolean {
  const distance = Math.hypot(x - size / 2, y - size / 2);
  return distance <= ring.outer && distance >= ring.inner;
}
