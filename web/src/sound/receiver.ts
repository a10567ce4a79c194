// SPDX-License-Identifier: GPL-3.0-or-later
// A worker: takes Opus packets from the server, decodes them and hands the frames to the worklet. The
// page's own thread draws; what it is late with must not be heard. Comes back where a wire was cut.
import { kPacketFrames, readPacket } from './packet';

export type ToReceiver = { type: 'open'; url: string; port: MessagePort } | { type: 'heard'; frame: number } | { type: 'close' };
export type FromReceiver = { type: 'waiting' | 'unable' };

const page = self as unknown as { postMessage(message: FromReceiver): void; onmessage: ((event: MessageEvent<ToReceiver>) => void) | null };
let url = '';
let port: MessagePort | null = null;
let decoder: AudioDecoder | null = null;
let socket: WebSocket | null = null;
let attempt = 0;
let retry: ReturnType<typeof setTimeout>;
/** One past the newest frame that was decoded: where a new connection goes on. */
let after = -1;

function decoded(data: AudioData): void {
  const n = data.numberOfFrames;
  const left = new Float32Array(n);
  const right = new Float32Array(n);
  data.copyTo(left, { planeIndex: 0, format: 'f32-planar' });
  data.copyTo(right, { planeIndex: data.numberOfChannels > 1 ? 1 : 0, format: 'f32-planar' });
  // The decoder keeps timestamps: the frame's number travels as microseconds.
  const frame = Math.round((data.timestamp * 48) / 1000);
  data.close();
  port?.postMessage({ type: 'frames', frame, left, right }, [left.buffer, right.buffer]);
}

function openDecoder(): void {
  decoder = new AudioDecoder({ output: decoded, error: () => port && openDecoder() });
  decoder.configure({ codec: 'opus', sampleRate: 48000, numberOfChannels: 2 });
}

function connect(): void {
  const one = new WebSocket(after >= 0 ? `${url}?after=${after}` : url);
  one.binaryType = 'arraybuffer';
  socket = one;
  one.onopen = () => (attempt = 0);
  one.onmessage = (message) => {
    if (socket !== one || !(message.data instanceof ArrayBuffer)) return;
    const packet = readPacket(message.data);
    if (!packet || decoder?.state !== 'configured') return;
    after = packet.frame + kPacketFrames;
    decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: Math.round((packet.frame * 1000) / 48), data: packet.opus }));
  };
  one.onclose = (event) => {
    if (socket !== one || !port) return;
    socket = null;
    if (event.code === 1000) return;
    page.postMessage({ type: 'waiting' });
    attempt += 1;
    // The first try at once: what lies in the jitter buffer may last until it is there.
    retry = setTimeout(() => port && connect(), Math.min(200 * (attempt - 1), 1000));
  };
}

page.onmessage = ({ data }) => {
  if (data.type === 'open') {
    if (typeof AudioDecoder === 'undefined') return page.postMessage({ type: 'unable' });
    ({ url, port } = data);
    openDecoder();
    connect();
  } else if (data.type === 'heard') {
    if (socket?.readyState === WebSocket.OPEN) socket.send(String(data.frame));
  } else {
    port = null;
    clearTimeout(retry);
    socket?.close(1000);
    if (decoder && decoder.state !== 'closed') decoder.close();
    self.close();
  }
};
