// SPDX-License-Identifier: GPL-3.0-or-later
// Heart-rate straps by Web Bluetooth: service 0x180D, measurement 0x2A37 with RR intervals.
import { t } from '../lib/strings';
import type { Feed, Running } from './sensors.svelte';

/** Bluetooth SIG Heart Rate Service 1.0, 3.1.1: flags, 8- or 16-bit rate, energy, RR in 1/1024 s. */
export function readHeartRate(view: DataView): { bpm: number; contact: boolean | null; rr_ms: number[] } | null {
  if (view.byteLength < 2) return null;
  const flags = view.getUint8(0);
  const wide = (flags & 1) !== 0;
  if (view.byteLength < (wide ? 3 : 2)) return null;
  const bpm = wide ? view.getUint16(1, true) : view.getUint8(1);
  let at = wide ? 3 : 2;
  if (flags & 8) at += 2; // energy expended
  const rr_ms: number[] = [];
  if (flags & 16) {
    for (; at + 2 <= view.byteLength; at += 2) rr_ms.push((view.getUint16(at, true) * 1000) / 1024);
  }
  const contact = flags & 4 ? (flags & 2) !== 0 : null;
  return { bpm, contact, rr_ms };
}

export async function startHeart(feed: Feed): Promise<Running> {
  const device = await navigator.bluetooth.requestDevice({ filters: [{ services: ['heart_rate'] }] });
  let stopped = false;
  const onValue = (event: Event) => {
    const view = (event.target as BluetoothRemoteGATTCharacteristic).value;
    const beat = view && readHeartRate(view);
    if (!beat || stopped) return;
    if (beat.contact === false) {
      feed.note(t('sensor.no_contact'), 0);
      return;
    }
    feed.note(`${beat.bpm} ${t('sensor.bpm')}`, Math.min(1, beat.bpm / 180));
    const rr_ms = beat.rr_ms.filter((rr) => rr >= 200 && rr <= 3000);
    const bpm = beat.bpm >= 20 && beat.bpm <= 260 ? beat.bpm : undefined;
    feed.text({ type: 'rr', t_ms: performance.now(), rr_ms, ...(bpm === undefined ? {} : { bpm }) });
  };
  const subscribe = async () => {
    const gatt = await device.gatt!.connect();
    const service = await gatt.getPrimaryService('heart_rate');
    const characteristic = await service.getCharacteristic('heart_rate_measurement');
    characteristic.addEventListener('characteristicvaluechanged', onValue);
    await characteristic.startNotifications();
  };
  await subscribe();
  // A strap that drops out is asked again; the gap stays a gap.
  device.addEventListener('gattserverdisconnected', () => {
    if (stopped) return;
    feed.note(t('sensor.reconnecting'), 0);
    const again = (left: number) => {
      if (stopped) return;
      subscribe().catch(() => (left > 0 ? setTimeout(() => again(left - 1), 2000) : feed.ended(t('sensor.strap_gone'))));
    };
    again(5);
  });
  return {
    stop: () => {
      stopped = true;
      device.gatt?.disconnect();
    }
  };
}
