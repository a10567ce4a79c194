// SPDX-License-Identifier: GPL-3.0-or-later
// Sensors of this page. Each is off until it is switched on for a named purpose, shows that it is on, and
// is off at once when it is switched off. Frames and sound are never kept.
import { api, socketUrl } from '../lib/api';
import { t } from '../lib/strings';
import { toasts } from '../lib/toasts.svelte';
import { startCamera } from './camera';
import { startHeart } from './heart';
import { startMicrophone } from './microphone';

export type SensorName = 'camera' | 'microphone' | 'heart';
export type SensorStatus = 'off' | 'starting' | 'on' | 'failed';
export interface Running {
  stop: () => void;
}
export interface Feed {
  text: (message: Record<string, unknown>) => void;
  binary: (kind: number, head: Record<string, unknown>, payload: Uint8Array) => void;
  /** What the tile shows of the page's side: "a face", "too dark", "speech". */
  note: (note: string, level: number) => void;
  ended: (reason: string) => void;
}
interface Slot {
  status: SensorStatus;
  note: string;
  level: number;
  sent: number;
  error: string;
}

/** kind (1 byte), length of the head (2 bytes, little end first), head, payload: serve/sense_message.hpp. */
export function frame(kind: number, head: Record<string, unknown>, payload: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const out = new Uint8Array(3 + text.length + payload.length);
  out[0] = kind;
  out[1] = text.length & 0xff;
  out[2] = text.length >> 8;
  out.set(text, 3);
  out.set(payload, 3 + text.length);
  return out;
}

const empty = (): Slot => ({ status: 'off', note: '', level: 0, sent: 0, error: '' });
const kPurpose = 'session'; // to follow this session; nothing is kept but the estimate

class Sensors {
  camera = $state<Slot>(empty());
  microphone = $state<Slot>(empty());
  heart = $state<Slot>(empty());
  private running = new Map<SensorName, Running>();
  private session: string | null = null;
  private socket: WebSocket | null = null;

  /** What a session that starts now may hear from this page; each stays off until it is switched on. */
  wanted(): string[] {
    return (['camera', 'microphone', 'heart'] as const).filter((name) => this.blocked(name) === null).map((name) => `page:${name}`);
  }

  attach(session: string): void {
    this.session = session;
    if (this.running.size > 0) this.connect();
  }

  /** Why a sensor cannot be used here, or null. */
  blocked(name: SensorName): string | null {
    if (!isSecureContext) return t('sensor.insecure');
    if (name === 'heart' && !('bluetooth' in navigator)) return t('sensor.no_bluetooth');
    if (name !== 'heart' && !navigator.mediaDevices) return t('sensor.no_media');
    return null;
  }

  async on(name: SensorName): Promise<void> {
    if (this.running.has(name)) return;
    this[name] = { ...empty(), status: 'starting' };
    try {
      await api.put('/people/me/consents', { sensor: name, purpose: kPurpose, granted: true });
    } catch (error) {
      this[name] = { ...empty(), status: 'failed' };
      toasts.error(error);
      return;
    }
    try {
      const feed = this.feed(name);
      const started = name === 'camera' ? await startCamera(feed) : name === 'microphone' ? await startMicrophone(feed) : await startHeart(feed);
      if (this[name].status !== 'starting') return started.stop(); // switched off meanwhile
      this.running.set(name, started);
      this[name].status = 'on';
      this.connect();
      this.say({ type: 'open', sensor: name });
    } catch (error) {
      this[name] = { ...empty(), status: 'failed', error: this.explain(name, error) };
    }
  }

  /** At once: tracks end and nothing more is sent, then the server is told. */
  off(name: SensorName): void {
    this.running.get(name)?.stop();
    const was = this.running.delete(name);
    this[name] = empty();
    if (was) this.say({ type: 'close', sensor: name });
    if (this.running.size === 0) {
      this.socket?.close(1000);
      this.socket = null;
    }
    void api.put('/people/me/consents', { sensor: name, purpose: kPurpose, granted: false }).catch((error) => toasts.error(error));
  }

  stopAll(): void {
    for (const name of [...this.running.keys()]) this.off(name);
  }

  private explain(name: SensorName, error: unknown): string {
    const kind = error instanceof DOMException ? error.name : '';
    if (kind === 'NotAllowedError') return t('sensor.refused', { sensor: t(`sensor.${name}`) });
    if (kind === 'NotFoundError') return t('sensor.none', { sensor: t(`sensor.${name}`) });
    if (kind === 'NotReadableError') return t('sensor.busy', { sensor: t(`sensor.${name}`) });
    return t('sensor.failed', { sensor: t(`sensor.${name}`) });
  }

  private feed(name: SensorName): Feed {
    return {
      text: (message) => {
        if (this.say(message)) this[name].sent += 1;
      },
      binary: (kind, head, payload) => {
        // Frames queue up only when the network is slower than the sensor: then the newest is dropped.
        if (!this.running.has(name) || this.socket?.readyState !== WebSocket.OPEN || this.socket.bufferedAmount > 65536) return;
        this.socket.send(frame(kind, head, payload) as Uint8Array<ArrayBuffer>);
        this[name].sent += 1;
      },
      note: (note, level) => {
        this[name].note = note;
        this[name].level = level;
      },
      ended: (reason) => {
        if (!this.running.has(name)) return;
        this.off(name);
        this[name].error = reason;
      }
    };
  }

  private say(message: Record<string, unknown>): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  private connect(): void {
    if (!this.session || this.socket) return;
    const socket = new WebSocket(socketUrl(`/sessions/${this.session}/sense`));
    this.socket = socket;
    socket.onopen = () => {
      for (const name of this.running.keys()) this.say({ type: 'open', sensor: name });
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (this.running.size > 0 && this.session) setTimeout(() => this.connect(), 1000);
    };
  }
}

export const sensors = new Sensors();
