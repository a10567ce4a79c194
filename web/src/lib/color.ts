// SPDX-License-Identifier: GPL-3.0-or-later

/** A colour of the theme as canvas and plots take it: light-dark() and var() resolved where `element` stands. */
export function colorOf(element: HTMLElement, token: string): string {
  const before = element.style.color;
  element.style.color = `var(${token})`;
  const color = getComputedStyle(element).color;
  element.style.color = before;
  return color;
}
