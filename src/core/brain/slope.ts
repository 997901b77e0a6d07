import { assert } from '../assert.ts';

/** 97.5 % quantile of the normal, and the terms of its expansion to Student's t (Abramowitz & Stegun 26.7.5). */
const Z = 1.959963984540054;
const T1 = (Z ** 3 + Z) / 4;
const T2 = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96;
const T3 = (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384;

/** 97.5 % quantile of Student's t with `freedom` ≥ 2 degrees of freedom; right to 3 % there, to 0.2 % from 5 on. */
export const studentQuantile = (freedom: number): number =>
  Z + T1 / freedom + T2 / freedom ** 2 + T3 / freedom ** 3;

/**
 * Least squares through the origin, y = slope · x, over the last `window` pairs, with an interval that holds when large x
 * come with large errors, as they do in markets. Adding costs O(1), `fit` O(window).
 *
 * The interval is slope ± t · se with the heteroscedasticity-robust se of MacKinnon and White (HC3), "Some
 * heteroskedasticity-consistent covariance matrix estimators with improved finite sample properties", Journal of
 * Econometrics 29, 1985: each residual is divided by 1 − its leverage; t with the effective number of pairs (Σx²)²/Σx⁴ less
 * one as degrees of freedom: where few large trades decide everything, the interval says so.
 */
export class RollingSlope {
  /** 0 until fitted. */
  slope = 0;
  /** Half the 95 % interval; Infinity until it is known. */
  halfWidth = Number.POSITIVE_INFINITY;
  /** Share of Σy² that the slope explains, 0…1. */
  explained = 0;
  /** Pairs in the window. */
  count = 0;
  private readonly x: Float64Array;
  private readonly y: Float64Array;
  private next = 0;

  constructor(window: number) {
    assert(window >= 3, 'a slope needs at least three pairs');
    this.x = new Float64Array(window);
    this.y = new Float64Array(window);
  }

  add(x: number, y: number): void {
    this.x[this.next] = x;
    this.y[this.next] = y;
    this.next = (this.next + 1) % this.x.length;
    if (this.count < this.x.length) this.count++;
  }

  fit(): void {
    const { x, y, count } = this;
    let xx = 0;
    let xy = 0;
    let yy = 0;
    let xxxx = 0;
    for (let i = 0; i < count; i++) {
      const square = x[i]! * x[i]!;
      xx += square;
      xxxx += square * square;
      xy += x[i]! * y[i]!;
      yy += y[i]! * y[i]!;
    }
    const effective = xxxx > 0 ? (xx * xx) / xxxx : 0;
    if (count < 3 || effective <= 3) {
      this.unknown();
      return;
    }
    const slope = xy / xx;
    let meat = 0;
    for (let i = 0; i < count; i++) {
      const residual = (y[i]! - slope * x[i]!) / (1 - (x[i]! * x[i]!) / xx);
      meat += x[i]! * x[i]! * residual * residual;
    }
    this.slope = slope;
    this.halfWidth = (studentQuantile(effective - 1) * Math.sqrt(meat)) / xx;
    this.explained = yy > 0 ? (xy * xy) / (xx * yy) : 0;
  }

  reset(): void {
    this.count = 0;
    this.next = 0;
    this.unknown();
  }

  private unknown(): void {
    this.slope = 0;
    this.halfWidth = Number.POSITIVE_INFINITY;
    this.explained = 0;
  }
}
