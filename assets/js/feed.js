/**
 * The live feed: one WebSocket and one copy of the run a window, whoever draws from it.
 *
 * Protocol (JSON text): `hello` brings state, definitions, figures and the whole history and comes
 * again when a new run begins; `tick` brings what changed, all figures and at most one row; `ping`
 * says that the engine is there. Subscribers are called at most once an animation frame. A feed
 * that heard nothing for `STALE_AFTER_MS`, or whose socket closed, is not `alive`, says so at
 * once, keeps what it has, and goes on trying to connect.
 */
import { Columns } from "./columns.js";

export const STALE_AFTER_MS = 3_000;
const RETRY_FIRST_MS = 250;
const RETRY_LAST_MS = 4_000;
const LINGER_MS = 1_000;
const FEEDS = Symbol.for("limelight.feeds");

/** The window's feed of this address, opened at its first use; pair with `release`. */
export function openFeed(url, token) {
  const feeds = (window[FEEDS] ??= new Map());
  const address = new URL(url, window.location.href);
  address.protocol = address.protocol.replace(/^http/, "ws");
  let feed = feeds.get(address.href);
  if (!feed) {
    feed = new Feed(address, () => feeds.delete(address.href));
    feeds.set(address.href, feed);
  }
  feed.acquire(token);
  return feed;
}

class Feed {
  constructor(address, forget) {
    this.address = address;
    this.state = {};
    this.definitions = {};
    this.figures = {};
    this.rows = new Columns();
    this.version = 0;
    this.connected = false;
    this.stale = false;
    this.everConnected = false;
    this.attempts = 0;
    this.forget = forget;
    this.users = 0;
    this.listeners = new Set();
  }

  /** Whether figures shown are of now: connected, and heard of lately. */
  get alive() {
    return this.connected && !this.stale;
  }

  /** Whether something was there and is gone, or never answered at all. */
  get gone() {
    return !this.alive && (this.everConnected || this.attempts > 1);
  }

  /** Counts a user in; a newer token is used from the next connection on. */
  acquire(token) {
    this.token = token;
    this.users += 1;
    clearTimeout(this.lingering);
    if (!this.open) this.#open();
  }

  /** Counts a user out; the socket closes a moment after the last one. */
  release() {
    this.users -= 1;
    if (this.users > 0) return;
    this.lingering = setTimeout(() => this.#close(), LINGER_MS);
  }

  /** Calls back at most once an animation frame after anything changed; returns the way out. */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  #open() {
    this.open = true;
    this.watch = setInterval(() => this.#lookForSilence(), 250);
    this.wake = () => {
      if (this.connected || !this.retrying) return;
      clearTimeout(this.retrying);
      this.#connect();
    };
    window.addEventListener("online", this.wake);
    this.#connect();
  }

  #close() {
    this.open = false;
    clearInterval(this.watch);
    clearTimeout(this.retrying);
    window.removeEventListener("online", this.wake);
    if (this.socket) this.socket.onclose = null;
    this.socket?.close();
    this.forget();
  }

  #connect() {
    this.retrying = null;
    this.attempts += 1;
    const address = new URL(this.address);
    if (this.token) address.searchParams.set("token", this.token);
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = () => this.#lost();
  }

  #lost() {
    this.connected = false;
    const wait = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** Math.min(this.attempts, 8));
    this.retrying = setTimeout(() => this.#connect(), wait * (0.75 + Math.random() / 2));
    this.#changed();
  }

  #lookForSilence() {
    const stale = this.connected && performance.now() - this.heardAt > STALE_AFTER_MS;
    if (stale === this.stale) return;
    this.stale = stale;
    this.#changed();
  }

  #take(message) {
    this.heardAt = performance.now();
    const back = !this.connected || this.stale;
    this.stale = false;
    if (message.type === "hello") this.#hello(message);
    else if (message.type === "tick") this.#tick(message);
    if (back || message.type !== "ping") this.#changed();
  }

  #hello({ state, definitions, figures, columns, rows }) {
    this.connected = true;
    this.everConnected = true;
    this.attempts = 0;
    this.state = state;
    this.definitions = definitions;
    this.figures = figures;
    this.rows.reset(columns);
    for (const row of rows) this.rows.push(row);
    this.version += 1;
  }

  #tick({ state, definitions, figures, row }) {
    this.state = { ...this.state, ...state };
    if (definitions) Object.assign(this.definitions, definitions);
    if (figures) this.figures = figures;
    if (row) this.rows.push(row);
  }

  #changed() {
    if (this.pending) return;
    this.pending = true;
    const call = () => {
      if (!this.pending) return;
      this.pending = false;
      for (const listener of [...this.listeners]) listener(this);
    };
    // A hidden page gets no animation frames; the timer keeps its state honest all the same.
    if (document.hidden) setTimeout(call, 250);
    else requestAnimationFrame(call);
  }
}
