/**
 * Stream paths of the flow: curves between boxes, resampled into equal steps.
 *
 * A path is `{xs, ys, nx, ny, length}`: points `STEP` pixels apart with their unit normals, so that
 * a dot at distance d is one lookup.
 */

export const STEP = 3;
const FINE = 64;

/** A path through cubic pieces `[x0, y0, x1, y1, x2, y2, x3, y3]`, one after the other. */
export function trace(pieces) {
  const fine = [];
  for (const piece of pieces) {
    for (let k = fine.length ? 1 : 0; k <= FINE; k += 1) fine.push(cubic(piece, k / FINE));
  }
  return resample(fine);
}

/** From the right side of one box to the left of another, or bottom to top when stacked. */
export function link(from, to, stacked) {
  if (stacked) {
    const bend = Math.max(8, (to.y - from.y) / 2);
    return trace([[from.x, from.y, from.x, from.y + bend, to.x, to.y - bend, to.x, to.y]]);
  }
  const bend = Math.max(10, (to.x - from.x) * 0.5);
  return trace([[from.x, from.y, from.x + bend, from.y, to.x - bend, to.y, to.x, to.y]]);
}

/** Around a corner: down from `from`, along `lane`, and into `to` from the left or the top. */
export function detour(from, to, lane, stacked) {
  const r = 14;
  if (stacked) {
    return trace([
      straight(from.x, from.y, lane - r, from.y),
      [lane - r, from.y, lane, from.y, lane, from.y, lane, from.y + r],
      straight(lane, from.y + r, lane, to.y - r),
      [lane, to.y - r, lane, to.y, lane, to.y, to.x, to.y],
    ]);
  }
  const bend = Math.max(12, Math.min(80, (to.x - from.x) * 0.12));
  return trace([
    straight(from.x, from.y, from.x, lane - r),
    [from.x, lane - r, from.x, lane, from.x, lane, from.x + r, lane],
    straight(from.x + r, lane, to.x - 2 * bend, lane),
    [to.x - 2 * bend, lane, to.x - bend, lane, to.x - bend, to.y, to.x, to.y],
  ]);
}

function straight(x0, y0, x1, y1) {
  return [
    x0,
    y0,
    x0 + (x1 - x0) / 3,
    y0 + (y1 - y0) / 3,
    x1 - (x1 - x0) / 3,
    y1 - (y1 - y0) / 3,
    x1,
    y1,
  ];
}

function cubic([x0, y0, x1, y1, x2, y2, x3, y3], t) {
  const u = 1 - t;
  const [a, b, c, d] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
  return [a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3];
}

function resample(fine) {
  const xs = [fine[0][0]];
  const ys = [fine[0][1]];
  let walked = 0;
  let next = STEP;
  for (let at = 1; at < fine.length; at += 1) {
    const [x0, y0] = fine[at - 1];
    const [x1, y1] = fine[at];
    const leg = Math.hypot(x1 - x0, y1 - y0);
    while (leg > 0 && walked + leg >= next) {
      const share = (next - walked) / leg;
      xs.push(x0 + (x1 - x0) * share);
      ys.push(y0 + (y1 - y0) * share);
      next += STEP;
    }
    walked += leg;
  }
  return { ...normals(xs, ys), xs, ys, length: walked };
}

function normals(xs, ys) {
  const nx = new Float32Array(xs.length);
  const ny = new Float32Array(xs.length);
  for (let at = 0; at < xs.length; at += 1) {
    const before = Math.max(0, at - 1);
    const after = Math.min(xs.length - 1, at + 1);
    const [dx, dy] = [xs[after] - xs[before], ys[after] - ys[before]];
    const size = Math.hypot(dx, dy) || 1;
    nx[at] = -dy / size;
    ny[at] = dx / size;
  }
  return { nx, ny };
}
