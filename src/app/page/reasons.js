// The reasons of the last 15 minutes: the most frequent first, those that refuse before those that allow.

import { by_id, element, fill_rows, set_attribute, set_text } from './dom.js'
import { count } from './format.js'

const most = 12
const rank = { unavailable: 0, deny: 0, undefined: 0, allow: 1 }
const classes = { unavailable: 'bad', deny: 'warn', allow: 'good' }

function make_row() {
  return element(
    'tr',
    { role: 'row' },
    element('th', { scope: 'row', role: 'rowheader' }, element('code')),
    element('td', { class: 'number', role: 'cell' }),
    element('td', { role: 'cell' }),
    element('td', { class: 'quiet', role: 'cell' })
  )
}

function fill_row(row, { reason, count: times, verdict, acts, text }) {
  const [head, number, meaning, who] = row.children
  set_text(head.firstElementChild, reason)
  set_attribute(row, 'class', classes[verdict] ?? 'bad')
  set_text(number, count(times))
  set_text(meaning, text)
  set_text(who, acts === 'nobody' ? '' : acts)
}

const nothing = { reason: '–', count: NaN, verdict: 'allow', acts: 'nobody', text: 'No request came.' }

export function show_reasons({ reasons }) {
  const order = (one, other) => rank[one.verdict] - rank[other.verdict] || other.count - one.count
  const shown = reasons.toSorted(order).slice(0, most)
  fill_rows(by_id('reasons'), shown.length > 0 ? shown : [nothing], make_row, fill_row)
}
