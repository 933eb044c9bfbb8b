// The budget of calls to Gate: what is left, and which calls are made while how much of it is.

import { by_id, element, facts, fill_rows, set_attribute, set_text } from './dom.js'
import { absolute, count, rate, span } from './format.js'
import { last } from './history.js'
import { metric } from './metrics.js'
import { now } from './times.js'

const lane_names = { known: 'known tokens', unknown: 'new tokens', refresh: 'early renewal' }
const left = element('p', { class: 'big' }, '–')
const meter = element('div', {
  class: 'meter',
  role: 'meter',
  'aria-label': 'Calls left',
  'aria-valuemin': 0,
  'aria-valuemax': 600,
  'aria-valuenow': 0
})
const fill = element('div', { class: 'fill' })
meter.append(fill, element('i', { class: 'tick ten' }), element('i', { class: 'tick fifty' }))
const lanes = element('ul', { class: 'lanes' })
by_id('budget').append(left, meter, lanes)
const set_budget = facts(by_id('budget'), ['Calls now', 'Under way', 'Waiting', 'Gate last answered'])

function make_lane() {
  return element(
    'li',
    {},
    element('span', { class: 'lane' }, element('span', { class: 'open' })),
    element('span', { class: 'term' }),
    element('span', { class: 'value' }),
    element('span', { class: 'refused quiet' })
  )
}

function fill_lane(row, { lane, from }, remaining, limit) {
  const closed = metric('gate_circuit_open', { lane }) > 0
  const is_open = !closed && (remaining < 0 || (remaining > 0 && remaining >= from * limit))
  row.children[0].firstElementChild.style.left = from * 100 + '%'
  set_attribute(row, 'class', is_open ? 'is-open' : 'is-closed')
  set_text(row.children[1], lane_names[lane] ?? lane)
  set_text(row.children[2], is_open ? 'open' : closed ? 'circuit open' : 'closed')
  set_attribute(
    row.children[2],
    'title',
    from > 0 ? 'while at least ' + count(from * limit) + ' calls are left' : 'while any call is left'
  )
  set_text(row.children[3], count(metric('gate_governor_refusals_total', { lane })) + ' refused')
}

export function show_budget(state) {
  const limit = metric('gate_budget_limit') ?? 0
  const remaining = metric('gate_budget_remaining') ?? -1
  const known = remaining >= 0
  set_text(left, known ? count(remaining) + ' of ' + count(limit) + ' calls left' : count(limit) + ' calls, none made yet')
  const share = known && limit > 0 ? Math.min(1, remaining / limit) : 1
  fill.style.width = share * 100 + '%'
  set_attribute(fill, 'class', 'fill ' + (share >= 0.5 ? 'plenty' : share >= 0.1 ? 'some' : 'little'))
  set_attribute(meter, 'aria-valuemax', limit)
  set_attribute(meter, 'aria-valuenow', known ? remaining : limit)
  set_attribute(meter, 'aria-valuetext', left.textContent)
  fill_rows(lanes, state.lanes, make_lane, (row, lane) => fill_lane(row, lane, remaining, limit))
  const point = last(60000)
  set_budget(
    'Calls now',
    rate(point.reduce((sum, each) => sum + each.calls, 0) / (point.reduce((sum, each) => sum + each.span, 0) / 1000)),
    'mean of the last minute'
  )
  set_budget('Under way', count(metric('gate_verify_inflight')))
  set_budget('Waiting', count(metric('gate_verify_waiting')))
  const then = metric('gate_verify_last_success_timestamp_seconds')
  set_budget('Gate last answered', then ? span(now() / 1000 - then) + ' ago' : 'never', then ? absolute(then * 1000) : '')
}
