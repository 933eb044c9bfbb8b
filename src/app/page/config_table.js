// The configuration in force, option by option, with where each value came from.

import { by_id, element, fill_rows, set_attribute, set_text } from './dom.js'
import { get } from './api.js'
import { count } from './format.js'

const search = by_id('config-search')
const changed = by_id('config-changed')
const rows = by_id('config-rows')

let entries = []

const text_of = value => (Array.isArray(value) ? value.join(', ') : String(value))

// Where a value is written: the kind of place, and the place.
const source_of = ({ source, where }) => (where ? source + ', ' + where : source)

function entries_of({ options, upstreams = {}, routes = [], secrets = {} }) {
  const out = Object.entries(options).map(([name, about]) => ({
    name,
    value: text_of(about.value),
    source: source_of(about),
    is_default: about.source === 'default',
    note: about.applies === 'restart' ? 'needs a restart' : ''
  }))
  for (const [name, { line, ...values }] of Object.entries(upstreams)) {
    const value = Object.entries(values)
      .map(([key, each]) => key + ': ' + text_of(each))
      .join(', ')
    out.push({ name: 'upstreams.' + name, value, source: line ? 'file, line ' + line : 'file', is_default: false, note: '' })
  }
  routes.forEach(({ line, ...values }, index) => {
    const value = Object.entries(values)
      .map(([key, each]) => key + ': ' + text_of(each))
      .join(', ')
    out.push({ name: 'routes[' + index + ']', value, source: line ? 'file, line ' + line : 'file', is_default: false, note: '' })
  })
  for (const [name, about] of Object.entries(secrets)) {
    out.push({
      name,
      value: about.set ? 'set, not shown' : 'not set',
      source: source_of(about),
      is_default: !about.set,
      note: 'secret'
    })
  }
  return out
}

function make_row() {
  return element(
    'tr',
    { role: 'row' },
    element('th', { scope: 'row', role: 'rowheader' }, element('code'), element('span', { class: 'note quiet' })),
    element('td', { role: 'cell' }, element('code')),
    element('td', { role: 'cell', class: 'quiet' })
  )
}

function fill_row(row, { name, value, source, note, is_default }) {
  const [option, shown, from] = row.children
  set_text(option.children[0], name)
  set_text(option.children[1], note)
  set_text(shown.firstElementChild, value === '' ? '(empty)' : value)
  set_text(from, source)
  set_attribute(row, 'class', is_default ? 'is-default' : null)
}

function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
  const shown = entries.filter(each => {
    const all = (each.name + ' ' + each.value + ' ' + each.source).toLowerCase()
    return !(changed.checked && each.is_default) && words.every(word => all.includes(word))
  })
  fill_rows(rows, shown, make_row, fill_row)
  set_text(by_id('config-none'), words.length > 0 ? 'No option matches.' : 'Every option has its default.')
  by_id('config-none').hidden = shown.length > 0
}

search.addEventListener('input', show)
changed.addEventListener('change', show)

export async function show_config() {
  const config = await get('/config')
  entries = entries_of(config)
  const parts = ['generation ' + count(config.generation), 'since ' + config.since.replace('T', ' ').replace('Z', ' UTC')]
  if (config.file) parts.push(config.file)
  if (config.restart_needed.length > 0) parts.push('needs a restart: ' + config.restart_needed.join(', '))
  if (config.problems.length > 0) parts.push('the last reload was refused: ' + config.problems.join('; '))
  set_text(by_id('config-about'), parts.join(' · '))
  search.disabled = changed.disabled = false
  show()
}

export function close_config() {
  entries = []
  fill_rows(rows, [], make_row, fill_row)
  search.value = ''
  search.disabled = changed.disabled = true
  set_text(by_id('config-about'), '\u00A0')
  set_text(by_id('config-none'), 'Shown with the admin token.')
  by_id('config-none').hidden = false
}
