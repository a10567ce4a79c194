// SPDX-License-Identifier: GPL-3.0-or-later
// Reasons are data; their sentences come from the catalogue that report and command line share.
import { shared, t } from './strings';
import type { PlanItem, Reason } from './types';

export function reasonText(reason: Reason): string {
  return shared(`reason.${reason.code}`, reason.args) ?? shared(`reasons.${reason.code}`, reason.args) ?? reason.code.replaceAll('_', ' ');
}

/** The largest positive contributions, at most three, as one sentence. */
export function sentence(item: Pick<PlanItem, 'reasons'>): string {
  const sorted = [...item.reasons].sort((a, b) => b.contribution - a.contribution);
  const texts = sorted.slice(0, 3).map(reasonText).map((text) => text.trim().replace(/\.$/, ''));
  if (texts.length === 0) return t('why.none');
  const joined = texts.length === 1 ? texts[0] : texts.slice(0, -1).join(t('why.comma')) + t('why.and') + texts[texts.length - 1];
  return joined.charAt(0).toUpperCase() + joined.slice(1) + '.';
}

export function counterfactual(item: PlanItem): string {
  if (!item.counterfactual) return '';
  const code = item.counterfactual;
  return shared(`counterfactual.${code}`) ?? (code.includes(' ') ? code : '');
}
