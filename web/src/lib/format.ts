// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as people read them.

/** 75 → "1:15", 3725 → "1:02:05". */
export function clock(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.round(seconds));
  const s = String(whole % 60).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${s}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${s}`;
}

export function fixed(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const text = value.toFixed(digits);
  return text.replace('-', '−');
}

/** "0.31 ± 0.12", or "–". */
export function withSd(value: number | null | undefined, sd: number | null | undefined, digits = 2): string {
  const head = fixed(value, digits);
  return head === '–' || sd === null || sd === undefined || !Number.isFinite(sd) ? head : `${head} ± ${fixed(sd, digits)}`;
}

export function percent(share: number | null | undefined): string {
  return share === null || share === undefined || !Number.isFinite(share) ? '–' : `${Math.round(100 * share)} %`;
}

export function date(iso: string | null | undefined): string {
  if (!iso) return '–';
  const d = new Date(iso);
  return Number.isNaN(d.getTime())
    ? '–'
    : d.toLocaleString(undefined, { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
}

/** One-σ ellipse of a covariance {vv, va, aa}: half axes and angle of the larger one [rad]. */
export function ellipse(cov: readonly [number, number, number]): { a: number; b: number; angle: number } {
  const [vv, va, aa] = cov;
  const mean = (vv + aa) / 2;
  const root = Math.sqrt(((vv - aa) / 2) ** 2 + va * va);
  return {
    a: Math.sqrt(Math.max(0, mean + root)),
    b: Math.sqrt(Math.max(0, mean - root)),
    angle: vv === aa && va === 0 ? 0 : 0.5 * Math.atan2(2 * va, vv - aa)
  };
}
