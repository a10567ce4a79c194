// SPDX-License-Identifier: GPL-3.0-or-later
// The shapes of docs/openapi.json that the pages read.

export interface Va {
  valence: number;
  arousal: number;
}
export interface Gaussian {
  mean: Va;
  cov: [number, number, number];
}
// What is null here where a page of theirs would show it: the state is hidden from this listener (session/audience.hpp).
export interface Reason {
  code: string;
  args: Record<string, string>;
  contribution: number | null;
}
export interface PlanItem {
  id: string | null;
  kind: 'track' | 'compose' | 'silence';
  track: string | null;
  title: string;
  phase: string;
  in_s: number;
  out_s: number;
  gain_db: number;
  soften: number;
  expected: Va | null;
  expected_sd: Va | null;
  predicted_liking: number;
  waypoint: Va | null;
  reasons: Reason[];
  score: number | null;
  counterfactual: string;
  p_limits_held: number | null;
}
export interface Plan {
  id: string | null;
  items: PlanItem[];
  unmet: { limit: string; item: number; value: number | null; allowed: number; remedy?: string }[];
}
export interface SourceState {
  id: string;
  kind: string;
  status: string;
  weight?: number;
  r?: number;
  n_ratings?: number;
  earned?: boolean;
  reason: string;
}
/** Where it is hidden there are only the sources, each with id, kind, status and reason. */
export interface AffectState {
  felt?: Gaussian;
  shadow?: Gaussian;
  evidence?: { ratings: number; sensors: number; music: number };
  any_evidence?: boolean;
  stress?: number | null;
  sources: SourceState[];
  origin: string;
}
export interface Heard {
  item: string | null;
  kind: string;
  track: string | null;
  position_s: number;
  tempo_ratio: number;
  gain_db: number;
  lufs_momentary: number;
  playing: boolean;
  bed: boolean;
  expressed: Va | null;
}
/** How the sound of a session fares, counted from its start. */
export interface SoundReport {
  sink: string;
  underruns: number;
  worst_callback_ms: number;
  worst_gap_ms: number;
  buffer_ms: number;
  lowest_buffer_ms: number;
  clock_drift_ppm: number;
  latency_ms: number;
  dose_share: number;
  calibrated: boolean;
}
export interface Evidence {
  source: string;
  kind: string;
  valence?: { x: number } | null;
  arousal?: { x: number } | null;
  display?: { labels: string[]; probabilities: number[]; smoothed: string } | null;
  activation?: number | null;
  quality: string;
  abstained: string | null;
  model: string;
  origin: string;
}
export interface SessionEvent {
  seq: number;
  t_s: number;
  kind: string;
  actor: string;
  origin: string;
  data: Record<string, unknown>;
}
export interface ModelCard {
  version: string;
  licence: string;
  purpose: string;
  not_for: string;
  inputs: string;
  outputs: string;
  protocol: string;
  baseline: string;
  calibration: string;
  subgroups: string;
  limits: string;
  trained_on: { set: string; licence: string; groups: number }[];
  metrics: { name: string; set: string; value: number; ci95: [number, number] | null; n: number; note: string; result: string }[];
}
/** Composed music in a session; as on the command line. */
export interface ComposeChoice {
  when: 'never' | 'gaps' | 'always';
  engine: string;
  mirror: boolean;
}
/** Who composes an item: said when it begins, and whenever that changes. */
export interface Composed {
  item: string | null;
  engine: string;
  style: string;
  key: string;
  seed: number;
  phrase: number;
  fell_back: boolean;
}
export interface SessionRow {
  id: string;
  person: string | null;
  goal: string;
  minutes: number;
  status: string;
  simulated: boolean;
  started_at: string;
}
