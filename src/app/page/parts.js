// The cards: caches, connections, certificates, process.

import { by_id, element, facts, fill_rows, set_attribute, set_text } from './dom.js'
import { bytes, count, percent } from './format.js'
import { metric, samples } from './metrics.js'
import { now, set_time, time_element } from './times.js'

// ---- caches ----
const set_cache = facts(by_id('cache'), [
  'Tokens accepted',
  'Tokens refused',
  'Answered without Gate',
  'Hits',
  'Misses',
  'Waited with others',
  'Refused from memory',
  'Stale',
  'From the fleet'
])

function show_cache() {
  const looked_up = result => metric('gate_cache_lookups_total', { result }) ?? 0
  const all = metric('gate_cache_lookups_total') ?? 0
  const asked = looked_up('miss') + looked_up('expired')
  set_cache('Tokens accepted', count(metric('gate_cache_entries', { kind: 'positive' })))
  set_cache('Tokens refused', count(metric('gate_cache_entries', { kind: 'negative' })))
  set_cache('Answered without Gate', all > 0 ? percent((all - asked) / all) : '–')
  set_cache('Hits', count(looked_up('hit')))
  set_cache('Misses', count(asked))
  set_cache('Waited with others', count(looked_up('coalesced')))
  set_cache('Refused from memory', count(looked_up('negative')))
  set_cache('Stale', count(looked_up('stale')))
  set_cache('From the fleet', count(looked_up('fleet')))
}

// ---- connections and streams ----
const set_connections = facts(by_id('connections'), [
  'Requests under way',
  'From clients, active',
  'From clients, idle',
  'To the API, active',
  'To the API, idle',
  'Received',
  'Sent',
  'Streams ended',
  'Idle ones closed for new',
  'Sent again'
])

function show_connections() {
  set_connections('Requests under way', count(metric('http_server_active_requests')))
  set_connections('From clients, active', count(metric('downstream_connections', { state: 'active' })))
  set_connections('From clients, idle', count(metric('downstream_connections', { state: 'idle' })))
  set_connections('To the API, active', count(metric('upstream_connections', { state: 'active' })))
  set_connections('To the API, idle', count(metric('upstream_connections', { state: 'idle' })))
  set_connections('Received', bytes(metric('http_server_request_bytes_total')))
  set_connections('Sent', bytes(metric('http_server_response_bytes_total')))
  set_connections(
    'Streams ended',
    count(metric('gate_streams_ended_total')),
    'because their token, account or route was not good any more'
  )
  set_connections('Idle ones closed for new', count(metric('downstream_connections_evicted_total')))
  set_connections('Sent again', count(metric('upstream_retries_total')), 'because a reused connection to the API had been closed')
}

// ---- certificates ----
const certificates = element('ul', { class: 'plain certificates' })
by_id('certificates').append(certificates)
const day = 86400

function fill_certificate(row, { use, certificate, key, value }) {
  const days = (value - now() / 1000) / day
  set_attribute(row, 'class', days < 0 ? 'bad' : days < 14 ? 'warn' : 'good')
  set_text(row.children[0], certificate || 'without a name')
  set_attribute(row.children[0], 'title', certificate)
  set_text(row.children[1], use + (key ? ', ' + key : ''))
  set_time(row.children[2], value * 1000)
}

function show_certificates() {
  const all = samples('tls_certificate_not_after_seconds').toSorted((one, other) => one.value - other.value)
  if (all.length === 0) {
    fill_rows(
      certificates,
      [0],
      () => element('li', { class: 'quiet' }),
      row => set_text(row, 'No file of certificates is in use.')
    )
    return
  }
  if (certificates.firstElementChild?.children.length === 0) certificates.replaceChildren()
  const make = () => element('li', {}, element('span', { class: 'term' }), element('span', { class: 'quiet' }), time_element())
  fill_rows(certificates, all, make, fill_certificate)
}

// ---- process ----
const set_process = facts(by_id('process'), ['Memory', 'CPU now', 'Threads', 'Open files', 'Log lines lost', 'Accounts blocked'])
let cpu_before = null

function cpu_share(at) {
  const used = metric('process_cpu_seconds_total') ?? 0
  const before = cpu_before
  if (!before || at > before.at)
    cpu_before = { at, used, share: before ? (used - before.used) / ((at - before.at) / 1000) : undefined }
  return cpu_before.share
}

function show_process(state) {
  set_process('Memory', bytes(metric('process_resident_memory_bytes')), 'resident')
  set_process('CPU now', percent(cpu_share(state.at)), 'of one core')
  set_process('Threads', count(metric('process_threads')))
  set_process('Open files', count(metric('process_open_fds')) + ' of ' + count(metric('process_max_fds')))
  set_process('Log lines lost', count(metric('log_lines_dropped_total')), 'because standard output was slow')
  set_process('Accounts blocked', count(metric('gate_blocked_accounts')))
}

export function show_parts(state) {
  show_cache()
  show_connections()
  show_certificates()
  show_process(state)
}
