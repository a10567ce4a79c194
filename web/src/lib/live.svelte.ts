// SPDX-License-Identifier: GPL-3.0-or-later
// One session as it happens: the server's events over a WebSocket, asked for again from where they
// stopped when the connection breaks.
import { api, socketUrl, Problem } from './api';
import type { AffectState, ComposeChoice, Composed, Evidence, Heard, Plan, PlanItem, Reason, SessionEvent, SoundReport, Va } from './types';

export interface TracePoint {
  t_s: number;
  value: number | null;
}
export interface SourceView {
  id: string;
  kind: string;
  status: string;
  quality: string;
  weight: number | null; // null: hidden from this listener
  n_ratings: number;
  earned: boolean;
  reason: string;
  origin: string;
  model: string;
  display: Evidence['display'];
  trace: TracePoint[];
  dropped: number;
}
export interface Decision {
  t_s: number;
  what: string;
  reasons: Reason[];
}

const kTraceSeconds = 60;
const kMaxPath = 3600;

/** All that the page knows of a session; a pure function of its events, so that it can be tested. */
export class SessionModel {
  t_s = 0;
  seq = 0;
  goal: { kind: string; minutes: number; point: Va | null } | null = null;
  start: Va | null = null;
  person: string | null = null; // whose session it is; null until the session has said so
  simulated = false;
  showState = true;
  flagged = false;
  state: AffectState | null = null;
  felt: { t_s: number; va: Va }[] = [];
  heard: Heard | null = null;
  plan: Plan | null = null;
  items = new Map<string, PlanItem>();
  decisions: Decision[] = [];
  ratings: { t_s: number; va: Va; prompted: boolean }[] = [];
  sources = new Map<string, SourceView>();
  question = '';
  about: Record<string, string> = {}; // what the question is about: title and track of a piece that carries memories
  answers: string[] = [];
  fault: { room: string; code: string; message: string } | null = null;
  ended = '';
  held = false;
  paused = false;
  locked = false;
  slowerBy = 0; // steps that the music was slowed by hand
  refused: Decision | null = null; // the last thing that was asked for and not done, until something is done
  flags: { t_s: number; code: string }[] = []; // what a therapist is told
  helpPutAway = false; // the card that was offered is not wanted now
  doseLeft: number | null = null;
  sound: SoundReport | null = null;
  composing: ComposeChoice | null = null;
  composed = new Map<string, Composed>();
  levelLufs: number | null = null;

  private source(id: string, kind: string): SourceView {
    let view = this.sources.get(id);
    if (!view) {
      view = {
        id,
        kind,
        status: 'warming_up',
        quality: 'good',
        weight: 0,
        n_ratings: 0,
        earned: false,
        reason: '',
        origin: 'live',
        model: '',
        display: null,
        trace: [],
        dropped: 0
      };
      this.sources.set(id, view);
    }
    return view;
  }

  apply(event: SessionEvent): void {
    if (event.seq !== 0 && event.seq <= this.seq) return; // seen before a reconnect
    if (event.seq !== 0) this.seq = event.seq;
    this.t_s = Math.max(this.t_s, event.t_s);
    if (event.origin === 'simulated') this.simulated = true;
    const data = event.data as never;
    switch (event.kind) {
      case 'start':
        return this.onStart(data);
      case 'state':
        return this.onState(event.t_s, data);
      case 'heard':
        this.heard = data as Heard;
        return;
      case 'evidence':
        return this.onEvidence(event.t_s, data);
      case 'source':
        return this.onSource(data);
      case 'rating':
        return this.onRating(event.t_s, data);
      case 'command':
        return this.onCommand(data);
      case 'decision':
        return this.onDecision(event.t_s, data);
      case 'fault':
        this.fault = data;
        return;
      case 'policy':
        return this.onPolicy(data);
      case 'composed':
        return this.onComposed(data);
      case 'sound':
        this.sound = data;
        return;
      case 'end':
        this.ended = (data as { why: string }).why;
        return;
    }
  }

  private onComposed(c: Composed): void {
    if (c.item) this.composed.set(c.item, c);
  }

  private onStart(data: {
    person?: string | null;
    goal: SessionModel['goal'];
    start: Va | null;
    simulated: boolean;
    locked?: boolean;
    compose?: ComposeChoice;
    sources: [string, string][];
    policy: never;
  }): void {
    this.goal = data.goal;
    this.person = data.person ?? 'me';
    this.start = data.start;
    this.simulated = this.simulated || data.simulated;
    this.locked = data.locked ?? false;
    this.composing = data.compose ?? null;
    for (const [id, kind] of data.sources) this.source(id, kind);
    this.onPolicy(data.policy);
  }

  private onPolicy(policy: { show_state: boolean; flagged: boolean; dose_left: number | null; level_lufs: number }): void {
    if (!policy) return;
    this.showState = policy.show_state;
    this.flagged = policy.flagged;
    this.doseLeft = policy.dose_left;
    this.levelLufs = policy.level_lufs;
  }

  private onState(t_s: number, state: AffectState): void {
    this.state = state;
    if (state.any_evidence && state.felt) this.felt.push({ t_s, va: state.felt.mean });
    if (this.felt.length > kMaxPath) this.felt.shift();
    for (const s of state.sources) {
      const view = this.source(s.id, s.kind);
      view.status = s.status;
      view.weight = s.weight ?? null;
      view.n_ratings = s.n_ratings ?? 0;
      view.earned = s.earned ?? false;
      view.reason = s.reason;
    }
  }

  private onEvidence(t_s: number, e: Evidence): void {
    const view = this.source(e.source, e.kind);
    view.quality = e.quality;
    view.origin = e.origin;
    view.model = e.model;
    view.display = e.display ?? view.display;
    // A gap stays a gap: null breaks the line.
    const value = e.abstained ? null : (e.activation ?? e.arousal?.x ?? e.valence?.x ?? null);
    if (e.abstained) {
      view.dropped += 1;
      view.reason = e.abstained;
    }
    view.trace.push({ t_s, value });
    while (view.trace.length > 0 && view.trace[0].t_s < t_s - kTraceSeconds) view.trace.shift();
  }

  private onSource(change: { source: string; kind: string; status: string; reason: string }): void {
    const view = this.source(change.source, change.kind);
    view.status = change.status;
    view.reason = change.reason;
    if (change.status === 'lost') {
      view.quality = 'lost';
      view.weight = 0;
      view.trace.push({ t_s: this.t_s, value: null });
    }
  }

  private onRating(t_s: number, r: { value: Va | null; prompted: boolean }): void {
    if (r.value) this.ratings.push({ t_s, va: r.value, prompted: r.prompted });
    if (this.question !== 'memory') this.question = '';
  }

  private onCommand(c: { kind: string }): void {
    if (c.kind === 'hold') this.held = true;
    if (c.kind === 'go_on') this.held = false;
    if (c.kind === 'pause') this.paused = true;
    if (c.kind === 'resume') this.paused = false;
    if (c.kind === 'lock_plan') this.locked = true;
    if (c.kind === 'unlock_plan') this.locked = false;
    if (this.answers.includes(c.kind)) this.question = '';
  }

  private onDecision(t_s: number, d: { what: string; reasons: Reason[]; plan: Plan | null; question: string; answers: string[] }): void {
    if (d.plan) {
      this.plan = d.plan;
      for (const item of d.plan.items) if (item.id) this.items.set(item.id, item);
    }
    if (d.what === 'slower') this.slowerBy += 1;
    if (d.what === 'faster') this.slowerBy = Math.max(0, this.slowerBy - 1);
    if (d.what === 'refused') this.refused = { t_s, what: d.what, reasons: d.reasons };
    else if (d.reasons[0]?.code.startsWith('you_said_')) this.refused = null;
    if (d.what === 'ask') {
      this.question = d.question;
      this.answers = d.answers;
      this.about = d.reasons[0]?.args ?? {};
    }
    if (d.what === 'no' && this.question === 'memory') this.question = ''; // nobody answered, or it was a no
    if (d.what === 'flag') {
      this.locked = false; // what flags a session outranks a locked plan
      const code = d.reasons[0]?.code ?? '';
      this.flags.push({ t_s, code });
      if (code === 'worse_again') this.helpPutAway = false;
    }
    if (d.what === 'steer' && this.decisions.at(-1)?.what === 'steer') this.decisions.pop(); // composed music may be steered each second
    this.decisions.push({ t_s, what: d.what, reasons: d.reasons });
    if (this.decisions.length > 200) this.decisions.shift();
  }

  /** Said twice that it gets worse: the person's contact and the help card are offered until they are put away. */
  get offersHelp(): boolean {
    return !this.helpPutAway && this.flags.some((f) => f.code === 'worse_again');
  }

  /** Who composes what plays now; null while a track plays. */
  get composer(): Composed | null {
    const id = this.heard?.kind === 'compose' ? this.heard.item : null;
    return id ? (this.composed.get(id) ?? null) : null;
  }

  /** What plays now, as it was planned. */
  get now(): PlanItem | null {
    const id = this.heard?.item;
    return id ? (this.items.get(id) ?? null) : null;
  }
}

type Link = 'off' | 'connecting' | 'on' | 'lost';

class Live {
  id = $state<string | null>(null);
  link = $state<Link>('off');
  /** Raised at most ten times a second; pages read `model` after it. */
  tick = $state(0);
  model = new SessionModel();

  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer = 0;
  private painted = 0;
  private wanted = false;

  open(id: string): void {
    if (this.id === id && this.wanted) return;
    this.close();
    this.id = id;
    this.model = new SessionModel();
    this.wanted = true;
    this.connect();
  }

  close(): void {
    this.wanted = false;
    clearTimeout(this.timer);
    this.socket?.close(1000);
    this.socket = null;
    this.link = 'off';
    this.id = null;
  }

  get running(): boolean {
    return this.id !== null && this.model.ended === '';
  }

  private connect(): void {
    this.link = this.attempt === 0 ? 'connecting' : 'lost';
    const socket = new WebSocket(socketUrl(`/sessions/${this.id}/live?since=${this.model.seq}`));
    this.socket = socket;
    socket.onopen = () => {
      this.attempt = 0;
      this.link = 'on';
    };
    socket.onmessage = (message) => {
      const events = JSON.parse(message.data as string) as SessionEvent | SessionEvent[];
      for (const event of Array.isArray(events) ? events : [events]) this.model.apply(event);
      this.paint();
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (!this.wanted || this.model.ended) {
        this.link = 'off';
        this.paint(true);
        return;
      }
      this.link = 'lost';
      this.attempt += 1;
      this.timer = window.setTimeout(() => void this.retry(), Math.min(250 * this.attempt, 2000));
    };
  }

  /** The server may have been restarted: the session then goes on or has ended. */
  private async retry(): Promise<void> {
    try {
      const row = await api.get<{ status?: string; ended?: string }>(`/sessions/${this.id}`);
      if (row.status && row.status !== 'running') {
        this.model.ended = row.status;
        this.link = 'off';
        this.paint(true);
        return;
      }
    } catch (error) {
      if (!(error instanceof Problem) || !error.gone) {
        this.model.ended = 'interrupted';
        this.link = 'off';
        this.paint(true);
        return;
      }
    }
    if (this.wanted) this.connect();
  }

  private paint(now = false): void {
    const since = performance.now() - this.painted;
    if (now || since >= 100) {
      this.painted = performance.now();
      this.tick += 1;
    } else if (!this.pending) {
      this.pending = window.setTimeout(() => {
        this.pending = 0;
        this.paint(true);
      }, 100 - since);
    }
  }
  private pending = 0;

  putHelpAway(): void {
    this.model.helpPutAway = true;
    this.paint(true);
  }
  command(kind: string, args: Record<string, string> = {}): Promise<void> {
    return api.post(`/sessions/${this.id}/commands`, { kind, args });
  }
  rate(value: Va | null, prompted: boolean): Promise<void> {
    return api.post(`/sessions/${this.id}/ratings`, { kind: 'felt', value, prompted, touched: value !== null });
  }
}

export const live = new Live();
