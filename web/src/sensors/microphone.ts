// SPDX-License-Identifier: GPL-3.0-or-later
// 16 kHz mono voice with the browser's echo cancellation, so that our own music is taken out as far as it can be.
import { t } from '../lib/strings';
import type { Feed, Running } from './sensors.svelte';

export async function startMicrophone(feed: Feed): Promise<Running> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: false, autoGainControl: false }
  });
  const context = new AudioContext({ sampleRate: 16000 });
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
    void context.close();
  };
  try {
    await context.audioWorklet.addModule('/worklets/microphone.js');
  } catch (error) {
    stop();
    throw error;
  }
  const node = new AudioWorkletNode(context, 'attune-microphone', { numberOfOutputs: 0 });
  context.createMediaStreamSource(stream).connect(node);
  node.port.onmessage = (event) => {
    const { samples, rms } = event.data as { samples: Int16Array; rms: number };
    const db = 20 * Math.log10(Math.max(rms, 1e-6));
    feed.note(db > -50 ? t('sensor.hears') : t('sensor.quiet'), Math.max(0, Math.min(1, (db + 70) / 60)));
    feed.binary(2, { t_ms: performance.now(), rate_hz: 16000 }, new Uint8Array(samples.buffer));
  };
  stream.getAudioTracks()[0].onended = () => feed.ended(t('sensor.unplugged'));
  return { stop };
}
