// Reads a PNG far enough to know that it shows something: its size as its header has it, and its pixels.
// https://www.w3.org/TR/png-3/

export interface Pixels {
  width: number;
  height: number;
  /** Colours as `r,g,b,a`, with how many pixels have them. */
  colours: ReadonlyMap<string, number>;
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
/** Bytes of a pixel by colour type: RGB, RGBA. */
const CHANNELS: Readonly<Record<number, number>> = { 2: 3, 6: 4 };

/** What the neighbour to the left, above, or above left predicts. */
function predicted(filter: number, left: number, up: number, upLeft: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const [a, b, c] = [left, up, upLeft].map((one) => Math.abs(left + up - upLeft - one));
  return (a ?? 0) <= (b ?? 0) && (a ?? 0) <= (c ?? 0) ? left : (b ?? 0) <= (c ?? 0) ? up : upLeft;
}

/** @throws {Error} for what is no PNG of 8-bit RGB or RGBA */
export async function readPng(bytes: ArrayBuffer): Promise<Pixels> {
  const data = new Uint8Array(bytes);
  const view = new DataView(bytes);
  if (SIGNATURE.some((byte, i) => data[i] !== byte)) throw new Error('no PNG');
  const parts: Uint8Array[] = [];
  for (let at = 8; at < data.length; at += 12 + view.getUint32(at)) {
    const kind = new TextDecoder().decode(data.subarray(at + 4, at + 8));
    if (kind === 'IDAT') parts.push(data.slice(at + 8, at + 8 + view.getUint32(at)));
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const channels = CHANNELS[data[25] ?? -1];
  if (channels === undefined || data[24] !== 8) throw new Error('neither RGB nor RGBA of 8 bits');
  const inflated = new Blob(parts as never)
    .stream()
    .pipeThrough(new DecompressionStream('deflate'));
  const raw = new Uint8Array(await new Response(inflated).arrayBuffer());
  const row = width * channels;
  const pixels = new Uint8Array(row * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (row + 1)] ?? 0;
    for (let x = 0; x < row; x += 1) {
      const at = y * row + x;
      const left = x >= channels ? (pixels[at - channels] ?? 0) : 0;
      const up = y > 0 ? (pixels[at - row] ?? 0) : 0;
      const upLeft = x >= channels && y > 0 ? (pixels[at - row - channels] ?? 0) : 0;
      pixels[at] = (raw[y * (row + 1) + 1 + x] ?? 0) + predicted(filter, left, up, upLeft);
    }
  }
  const colours = new Map<string, number>();
  for (let at = 0; at < pixels.length; at += channels) {
    const [r, g, b, a = 255] = pixels.subarray(at, at + channels);
    const colour = [r, g, b, a].join();
    colours.set(colour, (colours.get(colour) ?? 0) + 1);
  }
  return { width, height, colours };
}
