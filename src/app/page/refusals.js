// The last refusals, with search. Rows keep their places: what is new changes their text.

import { by_id, element, fill_rows, set_attribute, set_text } from './dom.js'
import { get } from './api.js'
import { count } from './format.js'
import { set_time, time_element } from './times.js'

const search = by_id('search')
const hold = by_id('hold')
const rows = by_id('refusal-rows')

let refusals = []
let texts = {}

// A click looks for all that have the same.
function finder() {
  const out = element('button', { class: 'find', type: 'button' })
  out.addEventListener('click', () => {
    search.value = out.textContent
    show()
    search.focus()
  })
  return out
}

const part = name => element('span', { class: name })

function make_row() {
  const cell = (...children) => element('td', { role: 'cell' }, element('div', {}, ...children))
  return element(
    'tr',
    { role: 'row' },
    cell(time_element()),
    cell(part('status')),
    cell(finder(), part('shadow'), part('text')),
    cell(part('request'), part('route')),
    cell(finder(), finder()),
    cell(part('client'), finder(), finder())
  )
}

function set(of, text, label = '') {
  set_text(of, text ?? '')
  set_attribute(of, 'title', text ? label + text : null)
  of.hidden = !text
}

function fill_row(row, one) {
  const [when, status, reason, request, who, id] = [...row.children].map(cell => cell.firstElementChild.children)
  set_time(when[0], Date.parse(one.time))
  set(status[0], one.status === 0 ? 'none' : String(one.status))
  set(reason[0], one.reason)
  set(reason[1], one.shadow ? 'in shadow: let through' : '')
  set(reason[2], texts[one.reason]?.text)
  set(request[0], [one.method, one.path].filter(Boolean).join(' '))
  set(request[1], one.route ? 'route ' + one.route : '')
  set(who[0], one.fingerprint, 'fingerprint ')
  set(who[1], one.account, 'account ')
  set(id[0], one.client, 'client ')
  set(id[1], one.request_id, 'X-Request-Id ')
  set(id[2], one.error_id, 'error.request_id ')
}

function matches(one, words) {
  const all = [...Object.values(one), texts[one.reason]?.text ?? ''].join('\n').toLowerCase()
  return words.every(word => all.includes(word))
}

function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
  const shown = refusals.filter(one => matches(one, words))
  fill_rows(rows, shown, make_row, fill_row)
  const all = count(refusals.length) + (refusals.length === 1 ? ' refusal' : ' refusals')
  set_text(
    by_id('refusals-count'),
    words.length > 0 ? count(shown.length) + ' of ' + all : 'the last ' + all + ', the newest first'
  )
  set_text(by_id('refusals-none'), refusals.length === 0 ? 'Nothing has been refused since the start.' : 'None of them matches.')
  by_id('refusals-none').hidden = shown.length > 0
}

search.addEventListener('input', show)
hold.addEventListener('change', () => rows.classList.toggle('held', hold.checked))

export async function follow_refusals() {
  if (hold.checked) return
  const answer = await get('/page/refusals')
  if (hold.checked) return
  refusals = answer.refusals
  texts = answer.reasons
  show()
}

export function open_refusals() {
  search.disabled = hold.disabled = false
}

export function close_refusals() {
  refusals = []
  fill_rows(rows, [], make_row, fill_row)
  search.value = ''
  search.disabled = hold.disabled = true
  hold.checked = false
  set_text(by_id('refusals-count'), '\u00A0')
  set_text(by_id('refusals-none'), 'Shown with the admin token.')
  by_id('refusals-none').hidden = false
}
