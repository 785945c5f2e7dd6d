"use strict";
/*
 * Unpacks the data this file carries, draws the charts from it, checks the digests and lets a reader
 * save each part. Nothing is fetched; without this script every number below the charts still stands.
 */
const dark = matchMedia("(prefers-color-scheme: dark)");
const PRINTED = { timeline: 590, response: 370 };
const PRINTED_HEIGHT = 240;
const CONFIG = { displayModeBar: false, responsive: true, showTips: false };
let printing = false;
let columns = {};

async function unpack(element) {
  const text = element.textContent;
  if (element.type !== "application/gzip") return text;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

function draw() {
  const views = JSON.parse(document.getElementById("views").textContent);
  const chosen = views[dark.matches && !printing ? "dark" : "light"];
  for (const [name, view] of Object.entries(chosen)) {
    const traces = view.data.map((trace) => ({ ...trace, x: columns[trace.meta.x], y: columns[trace.meta.y] }));
    const host = document.getElementById(`chart-${name}`);
    const size = printing ? { width: PRINTED[name], height: PRINTED_HEIGHT, autosize: false } : { autosize: true };
    Plotly.react(host, traces, { ...view.layout, ...size }, CONFIG);
  }
}

function print(now) {
  if (printing === now) return;
  printing = now;
  draw();
}

async function check(name, text) {
  const cell = document.querySelector(`[data-part="${name}"]`);
  const shown = document.querySelector(`[data-figure="data.${name}.sha256"]`);
  if (!globalThis.crypto?.subtle || !cell || !shown) return;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const same = shown.dataset.value === `sha256:${hex}`;
  cell.textContent = same ? "✓ matches" : "✕ does not match";
  cell.className = same ? "check good" : "check bad";
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `${name}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}

async function start() {
  const library = document.createElement("script");
  library.textContent = await unpack(document.getElementById("charts"));
  document.head.append(library);
  for (const element of document.querySelectorAll('script[id^="data-"]')) {
    const name = element.id.slice("data-".length);
    const text = await unpack(element);
    if (name === "ticks") columns = JSON.parse(text);
    document.querySelector(`[data-save="${name}"]`)?.addEventListener("click", () => save(name, text));
    await check(name, text);
  }
  await document.fonts.ready;
  draw();
  dark.addEventListener("change", draw);
  matchMedia("print").addEventListener("change", (event) => print(event.matches));
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  document.documentElement.dataset.ready = "true";
}

start();
