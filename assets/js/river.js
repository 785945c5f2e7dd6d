/**
 * Moving dots on the flow's streams, drawn on two canvases: beds below, dots above.
 *
 * A stream's dots a second grow with its measured rate and their speed falls with its measured
 * latency, on one scale for all streams: DOTS_AT_FULL dots a second for the plan's highest rate,
 * and (share of it) to the power of EVEN otherwise, so that one in a hundred is still seen. Drawing
 * is capped at 30 frames a second, 2 device pixels a pixel and MAX_DOTS; with reduced motion the
 * dots stand still at the same density.
 */
import { STEP } from "./path.js";
import { calm } from "./dom.js";

const DOTS_AT_FULL = 64;
const EVEN = 0.6;
const MAX_DOTS = 900;
const FRAME_MS = 33;
const FULL_SPEED = 150;
const SHAPES = {
  in: { colour: "flow", fill: "flow-fill", shape: "circle" },
  work: { colour: "accent", fill: "accent-fill", shape: "circle" },
  approve: { colour: "accent", fill: "accent-fill", shape: "circle" },
  review: { colour: "warn", fill: "warn-fill", shape: "square" },
  decline: { colour: "bad", fill: "bad-fill", shape: "diamond" },
  failed: { colour: "bad", fill: "bad-fill", shape: "cross" },
};

/** Pixels a second for a latency: half as fast for every hundredfold. */
function speed(latency) {
  return FULL_SPEED / (1 + 0.5 * Math.log10(1 + Math.max(0, latency || 0)));
}

export class River {
  constructor(beds, dots) {
    this.beds = beds;
    this.dots = dots;
    this.streams = new Map();
    this.full = 1;
    this.last = 0;
  }

  /** Takes new geometry: a map of key to `{path, kind}`; dots of streams that stay go on. */
  arrange(streams, width, height) {
    for (const [key, stream] of streams) {
      const old = this.streams.get(key);
      const dots = old?.dots.filter((dot) => dot.d < stream.path.length) ?? [];
      streams.set(key, { rate: 0, latency: 0, due: 0, state: "up", ...old, ...stream, dots });
    }
    this.streams = streams;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    for (const canvas of [this.beds, this.dots]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.size = [width, height];
    this.ratio = ratio;
    this.sprites = null;
    this.bedKey = "";
  }

  /** Takes measured rates: `{key: {rate, latency, state}}`, and the rate that counts as full. */
  measure(rates, full) {
    this.full = Math.max(1, full);
    for (const [key, stream] of this.streams) {
      Object.assign(stream, rates[key] ?? { rate: 0, latency: 0, state: "unknown" });
    }
    this.dirty = true;
  }

  /** Takes the colours of a theme. */
  paint(colours) {
    this.colours = colours;
    this.sprites = null;
    this.bedKey = "";
  }

  /** Draws one frame if it is time; `running` false freezes the dots. */
  frame(now, running) {
    if (!this.colours || !this.size || now - this.last < FRAME_MS) return;
    const seconds = Math.min(0.1, (now - this.last) / 1_000);
    this.last = now;
    this.#drawBeds();
    if (calm()) return this.#stand();
    if (!running) return;
    let count = 0;
    for (const stream of this.streams.values()) {
      this.#move(stream, seconds, count < MAX_DOTS);
      count += stream.dots.length;
    }
    if (count || this.drawn) this.#drawDots();
    this.drawn = count > 0;
  }

  #move(stream, seconds, room) {
    const v = speed(stream.latency) * seconds;
    for (const dot of stream.dots) dot.d += v * dot.pace;
    if (stream.dots.some((dot) => dot.d >= stream.path.length)) {
      stream.dots = stream.dots.filter((dot) => dot.d < stream.path.length);
    }
    const perSecond = this.#dotsPerSecond(stream);
    if (perSecond === 0) return;
    stream.due += perSecond * seconds;
    for (; stream.due >= 1; stream.due -= 0.6 + Math.random() * 0.8) {
      if (room) stream.dots.push(newDot(Math.random() * v));
    }
  }

  #dotsPerSecond({ rate, state }) {
    if (!(rate > 0) || state === "down") return 0;
    return DOTS_AT_FULL * Math.min(1.5, rate / this.full) ** EVEN;
  }

  #stand() {
    if (!this.dirty) return;
    this.dirty = false;
    for (const stream of this.streams.values()) {
      const perSecond = this.#dotsPerSecond(stream);
      const gap = perSecond > 0 ? Math.max(4, speed(stream.latency) / perSecond) : Infinity;
      stream.dots = [];
      for (let d = gap / 2; d < stream.path.length; d += gap) stream.dots.push({ d, side: 0 });
    }
    this.#drawDots();
  }

  #drawDots() {
    this.sprites ??= makeSprites(this.colours, this.ratio);
    const context = this.dots.getContext("2d");
    context.clearRect(0, 0, ...this.size);
    for (const { path, kind, dots } of this.streams.values()) {
      const sprite = this.sprites[kind];
      const half = SPRITE / 2;
      for (const { d, side } of dots) {
        const at = Math.min(path.xs.length - 1, Math.floor(d / STEP));
        const x = path.xs[at] + path.nx[at] * side;
        const y = path.ys[at] + path.ny[at] * side;
        context.drawImage(sprite, x - half, y - half, SPRITE, SPRITE);
      }
    }
  }

  #drawBeds() {
    const key = [...this.streams.values()].map((one) => one.state + (one.rate > 0)).join();
    if (key === this.bedKey) return;
    this.bedKey = key;
    const context = this.beds.getContext("2d");
    context.clearRect(0, 0, ...this.size);
    for (const stream of this.streams.values()) drawBed(context, stream, this.colours);
  }
}

function newDot(d) {
  return { d, side: (Math.random() + Math.random() - 1) * 4.2, pace: 0.85 + Math.random() * 0.3 };
}

function drawBed(context, { path, kind, state, rate, shy }, colours) {
  const dead = state === "down" || state === "starting";
  if (shy && !(rate > 0)) return;
  context.beginPath();
  path.xs.forEach((x, at) =>
    at ? context.lineTo(x, path.ys[at]) : context.moveTo(x, path.ys[at]),
  );
  const { colour, fill } = SHAPES[kind];
  context.setLineDash([]);
  if (!dead) {
    context.strokeStyle = colours[fill];
    context.lineWidth = 9;
    context.stroke();
  } else {
    context.setLineDash([3, 5]);
  }
  context.globalAlpha = dead ? 1 : 0.35;
  context.strokeStyle = dead ? colours.dead : colours[colour];
  context.lineWidth = 1;
  context.stroke();
  context.globalAlpha = 1;
}

const SPRITE = 8;

function makeSprites(colours, ratio) {
  const sprites = {};
  for (const [kind, { colour, shape }] of Object.entries(SHAPES)) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.ceil(SPRITE * ratio);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, (SPRITE / 2) * ratio, (SPRITE / 2) * ratio);
    context.fillStyle = context.strokeStyle = colours[colour];
    drawShape(context, shape);
    sprites[kind] = canvas;
  }
  return sprites;
}

function drawShape(context, shape) {
  context.beginPath();
  if (shape === "circle") context.arc(0, 0, 1.6, 0, 7);
  if (shape === "square") context.rect(-1.9, -1.9, 3.8, 3.8);
  if (shape === "diamond")
    [
      [0, -2.9],
      [2.9, 0],
      [0, 2.9],
      [-2.9, 0],
    ].forEach((p) => context.lineTo(...p));
  if (shape !== "cross") return context.fill();
  context.lineWidth = 1.5;
  context.moveTo(-2.2, -2.2);
  context.lineTo(2.2, 2.2);
  context.moveTo(2.2, -2.2);
  context.lineTo(-2.2, 2.2);
  return context.stroke();
}
