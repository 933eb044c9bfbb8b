// What an operator changes. Each action says what it did, or why not.

import { by_id, element, fill_rows, set_attribute, set_text } from './dom.js'
import { act, get } from './api.js'
import { count } from './format.js'
import { set_time, time_element } from './times.js'

const field = id => by_id(id).value.trim()

// For a fleet that could not be told.
const pending = answer => (answer.fleet === 'pending' ? ' The other replicas of the fleet have not been told yet.' : '')

const until = answer =>
  answer.until ? ' until ' + answer.until.replace('T', ' ').replace('Z', ' UTC') : ' until it is unblocked'

// Runs `what`, which returns the words for its success, while the form cannot be sent again.
function on_submit(id, what) {
  const form = by_id(id)
  const output = form.querySelector('output')
  const say = (text, how) => {
    set_text(output, text)
    set_attribute(output, 'class', how)
  }
  form.addEventListener('submit', async event => {
    event.preventDefault()
    const buttons = [...form.querySelectorAll('button')]
    buttons.forEach(each => set_attribute(each, 'aria-disabled', 'true'))
    if (form.dataset.runs) return
    form.dataset.runs = 'yes'
    say('Working …', '')
    try {
      say(await what(event.submitter?.value ?? ''), 'good')
    } catch (problem) {
      say(problem.message, 'bad')
    } finally {
      delete form.dataset.runs
      buttons.forEach(each => set_attribute(each, 'aria-disabled', null))
    }
  })
}

on_submit('revoke', async () => {
  const answer = await act('POST', '/revoke', { agent_token: field('revoke-token') })
  by_id('revoke-token').value = ''
  const where = answer.known_to_gate ? 'at Gate and here' : 'here; Gate does not know it'
  return (
    'The token with fingerprint ' +
    answer.fingerprint +
    ' is revoked ' +
    where +
    ', and its streams have ended.' +
    pending(answer)
  )
})

on_submit('purge', async () => {
  const what = field('purge-what')
  const answer = await act('POST', '/purge', what === 'all' ? { all: true } : { [what]: field('purge-of') })
  const entries = answer.purged === 1 ? '1 answer is' : count(answer.purged) + ' answers are'
  return entries + ' forgotten: Gate is asked again.' + pending(answer)
})

function show_purge_subject() {
  const is_all = field('purge-what') === 'all'
  by_id('purge-of').disabled = is_all
  if (is_all) by_id('purge-of').value = ''
}
by_id('purge-what').addEventListener('change', show_purge_subject)

const blocked = by_id('blocked')

async function unblock(account) {
  const answer = await act('POST', '/unblock', { account })
  await show_blocked()
  return 'The account ' + account + ' is not blocked any more.' + pending(answer)
}

on_submit('block', async which => {
  const account = field('block-account')
  if (which === 'unblock') return unblock(account)
  const span = field('block-for')
  const answer = await act('POST', '/block', span ? { account, for: span } : { account })
  await show_blocked()
  const longer = answer.was_longer ? ' An earlier block was longer, and holds.' : ''
  return 'The account ' + account + ' is blocked' + until(answer) + ', and what ran for it has ended.' + longer + pending(answer)
})

on_submit('level', async () => {
  const of = field('level-of')
  const body = { level: field('level-level') }
  if (field('level-for')) body.for = field('level-for')
  if (of) body[/^[0-9a-f]{12}$/.test(of) ? 'token_fingerprint' : 'account'] = of
  const answer = await act('PUT', '/log-level', body)
  const said = answer.override
  const subject = said?.account ?? said?.token_fingerprint
  const end = said?.until ? ' until ' + said.until.replace('T', ' ').replace('Z', ' UTC') : ' until that is changed'
  return subject ? 'Every request of ' + subject + ' is logged' + end + '.' : 'The level is ' + answer.level + end + '.'
})

on_submit('reload', async () => {
  const answer = await act('POST', '/reload')
  const changes = answer.changes.length > 0 ? answer.changes.map(each => '\n' + each).join('') : ' nothing had changed.'
  const restart = answer.restart_needed.length > 0 ? '\nNeeds a restart: ' + answer.restart_needed.join(', ') : ''
  return 'Reloaded, generation ' + count(answer.generation) + ':' + changes + restart
})

function fill_blocked(row, { account, source, until: end }) {
  set_text(row.children[0], account)
  set_text(row.children[1], source === 'file' ? 'from the file' : '')
  if (end) set_time(row.children[2], Date.parse(end))
  else set_time(row.children[2], null, source === 'file' ? '' : 'until unblocked')
}

function make_blocked() {
  return element('li', {}, element('code'), element('span', { class: 'quiet' }), time_element())
}

// Of as many as fit: a file may have thousands.
const most_shown = 50

export async function show_blocked() {
  const { blocked: all } = await get('/block')
  blocked.replaceChildren()
  fill_rows(blocked, all.slice(0, most_shown), make_blocked, fill_blocked)
  if (all.length === 0) blocked.append(element('li', { class: 'quiet' }, 'None.'))
  if (all.length > most_shown)
    blocked.append(element('li', { class: 'quiet' }, 'and ' + count(all.length - most_shown) + ' more'))
}

export function open_actions() {
  by_id('actions').disabled = false
  show_purge_subject()
}

export function close_actions() {
  by_id('actions').disabled = true
  for (const form of by_id('actions').querySelectorAll('form')) {
    form.reset()
    const output = form.querySelector('output')
    if (output) set_text(output, '')
  }
  blocked.replaceChildren(element('li', { class: 'quiet' }, 'Shown with the admin token.'))
}
