// The state line: whether all is well, in the words of who is asked at night.

import { by_id, element, set_attribute, set_text } from './dom.js'
import { count, span } from './format.js'
import { metric, samples } from './metrics.js'
import { now } from './times.js'

const signs = { good: '✓', note: 'i', warn: '!', bad: '✕', none: '–' }
const spoken = { good: 'good', note: 'note', warn: 'warning', bad: 'problem', none: 'off' }

const ready = ({ ready: is_ready }) => (is_ready ? ['good', 'ready'] : ['warn', 'draining'])

function key() {
  if (metric('gate_key_refused')) return ['bad', 'refused by Gate']
  if (metric('gate_key_change_refused')) return ['warn', 'new one refused, the old one in use']
  const last = metric('gate_verify_last_success_timestamp_seconds')
  return last ? ['good', 'accepted'] : ['none', 'not used yet']
}

function circuit() {
  const open = samples('gate_circuit_open')
    .filter(each => each.value > 0)
    .map(each => each.lane)
  if (open.includes('known')) return ['bad', 'open: Gate is left alone']
  return open.length > 0 ? ['warn', 'open for new tokens'] : ['good', 'closed: Gate answers']
}

function fleet() {
  const connected = metric('gate_fleet_connected')
  if (connected === undefined) return ['none', 'none']
  if (!connected) return ['bad', 'the store is away']
  return ['good', count(metric('gate_fleet_replicas')) + ' replicas']
}

const shadow = () => (metric('gate_shadow_mode') ? ['warn', 'on: nothing is refused'] : ['good', 'off: refusals count'])

function reload() {
  const failed = samples('config_last_reload_successful')
    .filter(each => !each.value)
    .map(each => each.what.replaceAll('_', ' '))
  if (failed.length > 0) return ['bad', 'failed: ' + failed.join(', ')]
  if (metric('gate_config_restart_needed')) return ['warn', 'needs a restart']
  const last = metric('config_last_reload_success_timestamp_seconds', { what: 'config' })
  const age = last ? ', ' + span(now() / 1000 - last) + ' old' : ''
  return ['good', 'generation ' + count(metric('gate_config_generation')) + age]
}

const parts = [
  ['Sidecar', ready],
  ['Secret key', key],
  ['Circuit', circuit],
  ['Fleet', fleet],
  ['Shadow mode', shadow],
  ['Configuration', reload]
]

const shown = parts.map(([name, judge]) => {
  const sign = element('span', { class: 'sign', 'aria-hidden': 'true' }, signs.none)
  const level = element('span', { class: 'hidden' }, '')
  const text = element('span', { class: 'value' }, '–')
  const item = element('li', { class: 'none' }, sign, element('span', { class: 'term' }, name), level, text)
  return { judge, sign, level, text, item }
})
by_id('state').append(...shown.map(each => each.item))

export function show_state_line(state) {
  for (const { judge, sign, level, text, item } of shown) {
    const [how, words] = judge(state)
    set_attribute(item, 'class', how)
    set_text(sign, signs[how])
    set_text(level, spoken[how] + ': ')
    set_text(text, words)
    set_attribute(text, 'title', words)
  }
  set_text(by_id('detail'), state.detail || 'Nothing is wrong as far as the sidecar knows.')
  set_attribute(by_id('detail'), 'title', state.detail)
}
