// SPDX-License-Identifier: GPL-3.0-or-later
// Reasons are data; their sentences come from the catalogue that report and command line share.
import { shared, t } from './strings';
import type { PlanItem, Reason } from './types';

export function reasonText(reason: Reason): string {
  return shared(`reason.${reason.code}`, reason.args) ?? shared(`reasons.${reason.code}`, reason.args) ?? reason.code.replaceAll('_', ' ');
}

const isCounterfactual = (code: string) => code.startsWith('counterfactual');
const asSentence = (text: string) => {
  const trimmed = text.trim();
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + (/[.!?”]$/.test(trimmed) ? '' : '.');
};

/** Reasons that speak for the score: all but the counterfactual, which has its own line. */
export function spoken(reasons: Reason[]): Reason[] {
  return reasons.filter((r) => !isCounterfactual(r.code));
}

/** The two largest contributions as sentences. */
export function sentence(item: Pick<PlanItem, 'reasons'>): string {
  const sorted = spoken(item.reasons).sort((a, b) => (b.contribution ?? 0) - (a.contribution ?? 0));
  if (sorted.length === 0) return t('why.none');
  return sorted.slice(0, 2).map((reason) => asSentence(reasonText(reason))).join(' ');
}

/** What another rating would have brought. */
export function counterfactual(item: PlanItem): string {
  const reason = item.reasons.find((r) => isCounterfactual(r.code));
  if (reason) return asSentence(reasonText(reason));
  return item.counterfactual ? (shared(`reason.${item.counterfactual}`) ?? '') : '';
}
