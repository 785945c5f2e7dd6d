/**
 * The rows of a run as typed arrays, one a column, growing for the whole run.
 *
 * A run of two hours is 28,800 rows; capacity doubles, so pushing stays cheap and reading never
 * copies. What was not measured (null) is NaN.
 */
export class Columns {
  constructor(names = []) {
    this.reset(names);
  }

  /** Forgets all rows and takes new column names. */
  reset(names) {
    this.names = names;
    this.length = 0;
    this.capacity = 1024;
    this.data = names.map(() => new Float64Array(this.capacity));
    this.index = new Map(names.map((name, at) => [name, at]));
  }

  /** Appends one row, in the order of `names`. */
  push(row) {
    if (this.length === this.capacity) this.#grow();
    for (let at = 0; at < this.data.length; at += 1) {
      this.data[at][this.length] = row[at] ?? NaN;
    }
    this.length += 1;
  }

  /** A view of one column; empty if there is none of that name. */
  get(name) {
    const at = this.index.get(name);
    return at === undefined ? new Float64Array(0) : this.data[at].subarray(0, this.length);
  }

  /**
   * Indices of the rows at which column `name` went up: rows of a pause and of the drain, when the
   * run clock stands still, are left out.
   */
  rising(name) {
    const values = this.get(name);
    const indices = [];
    let last = -Infinity;
    for (let at = 0; at < values.length; at += 1) {
      if (!(values[at] > last)) continue;
      last = values[at];
      indices.push(at);
    }
    return indices;
  }

  /** The newest value of one column, NaN if there is none. */
  last(name) {
    const at = this.index.get(name);
    return at === undefined || this.length === 0 ? NaN : this.data[at][this.length - 1];
  }

  #grow() {
    this.capacity *= 2;
    this.data = this.data.map((old) => {
      const larger = new Float64Array(this.capacity);
      larger.set(old);
      return larger;
    });
  }
}
