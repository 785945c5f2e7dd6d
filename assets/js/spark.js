/**
 * The small whole-run curve at the foot of a hero tile: shape only, no axis, zero baseline.
 */

const SAMPLES = 160;

/** Draws `read(rows) -> [xs, ys]` into a canvas; a gap in the values is a gap in the line. */
export function spark(canvas, colour, fill) {
  let latest = null;
  let width = 0;
  let height = 0;
  const resize = new ResizeObserver(([entry]) => {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    width = entry.contentRect.width;
    height = entry.contentRect.height;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    if (latest) draw(...latest);
  });
  resize.observe(canvas);

  function draw(colours, xs, ys, end) {
    latest = [colours, xs, ys, end];
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    const points = thin(xs, ys);
    if (points.length < 2 || !(end > 0)) return;
    const top = Math.max(...points.map(([, y]) => y)) || 1;
    const at = ([x, y]) => [(x / end) * width, height - 1.5 - (y / top) * (height - 4)];
    const line = new Path2D();
    points.map(at).forEach(([x, y], index) => (index ? line.lineTo(x, y) : line.moveTo(x, y)));
    const area = new Path2D(line);
    area.lineTo(at(points.at(-1))[0], height);
    area.lineTo(at(points[0])[0], height);
    context.fillStyle = colours[fill];
    context.fill(area);
    context.strokeStyle = colours[colour];
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    context.stroke(line);
  }
  return { draw, destroy: () => resize.disconnect() };
}

/** At most SAMPLES points; each keeps the largest of its stretch, so that peaks survive. */
function thin(xs, ys) {
  const points = [];
  const stride = Math.max(1, Math.ceil(xs.length / SAMPLES));
  for (let start = 0; start < xs.length; start += stride) {
    let best = -1;
    for (let at = start; at < Math.min(xs.length, start + stride); at += 1) {
      if (Number.isFinite(ys[at]) && (best < 0 || ys[at] > ys[best])) best = at;
    }
    if (best >= 0) points.push([xs[best], ys[best]]);
  }
  return points;
}
