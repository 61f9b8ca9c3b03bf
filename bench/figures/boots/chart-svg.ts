/** A chart of what goes on when: a bar for each, on one axis of seconds (SVG 1.1). */

export interface Span {
  readonly kind: 'loader' | 'kernel' | 'initrd' | 'unit';
  readonly name: string;
  /** Seconds. */
  readonly from: number;
  readonly to: number;
}

const colors = { loader: '#8d6e63', kernel: '#5c6bc0', initrd: '#00897b', unit: '#f9a825' } as const;
const [width, head, row, margin] = [900, 44, 18, 12];
/** Of a name that is written to the left of its bar, in pixels a letter, about. */
const letter = 6.3;

/** The text of an SVG with `spans` from above to below, and a line at `end`. */
export function bootChart(title: string, spans: readonly Span[], end: number): string {
  const last = Math.max(end, ...spans.map(({ to }) => to));
  const height = head + spans.length * row + margin;
  const x = (time: number) => margin + (time / last) * (width - 2 * margin);
  const ticks = Array.from({ length: Math.floor(last) + 1 }, (_, second) => second);
  const step = last > 30 ? 5 : 1;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${margin}" y="16" font-size="13" font-weight="bold">${escaped(title)}</text>`,
    ...ticks
      .filter((second) => second % step === 0)
      .flatMap((second) => [
        `<line x1="${at(x(second))}" y1="34" x2="${at(x(second))}" y2="${height - margin}" stroke="#dddddd"/>`,
        `<text x="${at(x(second) + 2)}" y="32" fill="#666666">${second} s</text>`,
      ]),
    ...spans.flatMap(({ kind, name, from, to }, index) => {
      const y = head + index * row;
      const label = `${name} (${(to - from).toFixed(1)} s)`;
      const right = x(to) + 4 + label.length * letter < width - margin;
      const place = right ? `x="${at(x(to) + 4)}"` : `x="${at(x(from) - 4)}" text-anchor="end"`;
      return [
        `<rect x="${at(x(from))}" y="${y}" width="${at(Math.max(1, x(to) - x(from)))}" height="${row - 5}" fill="${colors[kind]}"/>`,
        `<text ${place} y="${y + row - 8}">${escaped(label)}</text>`,
      ];
    }),
    `<line x1="${at(x(end))}" y1="20" x2="${at(x(end))}" y2="${height - margin}" stroke="#c62828" stroke-width="1.5"/>`,
    '</svg>',
    '',
  ].join('\n');
}

const at = (pixels: number): string => pixels.toFixed(1);
const escaped = (text: string): string => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
