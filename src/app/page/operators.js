// What needs the admin token: opened with it, and closed again when it is forgotten or not the right one any more.

import { has_token, set_token } from './api.js'
import { close_actions, open_actions, show_blocked } from './actions.js'
import { close_config, show_config } from './config_table.js'
import { by_id, set_attribute, set_text } from './dom.js'
import { metric } from './metrics.js'
import { close_refusals, follow_refusals, open_refusals } from './refusals.js'

const about = by_id('token-text')
const field = by_id('token')
const first_words = about.textContent
const without_token =
  'This sidecar has no admin token (admin.token_file or GATE_SIDECAR_ADMIN_TOKEN): refusals, configuration and actions ' +
  'are switched off.'

let is_open = false
let configured
let blocked

function say(text, how = '') {
  set_text(about, text)
  set_attribute(about, 'class', how || 'quiet')
}

// Where the token is pasted.
function show_entry(is_shown) {
  for (const each of [field, by_id('unlock'), by_id('token-label')]) each.hidden = !is_shown
}

function close() {
  set_token('')
  is_open = false
  show_entry(true)
  by_id('forget').hidden = true
  for (const shut of [close_refusals, close_actions, close_config]) shut()
}

function opened() {
  is_open = true
  configured = blocked = undefined // of what is shown: nothing yet
  field.value = ''
  show_entry(false)
  by_id('forget').hidden = false
  open_refusals()
  open_actions()
  say('Refusals, configuration and actions are shown below. The token is kept in the memory of this page alone.')
}

by_id('token-form').addEventListener('submit', async event => {
  event.preventDefault()
  say('Asking …')
  try {
    set_token(field.value)
    await follow_refusals()
    opened()
    await follow_changes().catch(() => {}) // again with the next state
  } catch (problem) {
    close()
    const wrong = 'This is not the admin token of this sidecar.'
    say(problem.status === 401 ? wrong : problem.message, 'bad')
    field.select()
  }
})

by_id('forget').addEventListener('click', () => {
  close()
  say(first_words)
  field.focus()
})

async function follow_changes() {
  const reloads = metric('config_reloads_total') // one that was refused changes what is shown, too
  const now_configured = String([reloads, metric('gate_config_generation'), metric('gate_config_restart_needed')])
  if (now_configured !== configured) await show_config()
  configured = now_configured
  const now_blocked = String([reloads, metric('gate_block_changes_total')])
  if (now_blocked !== blocked) await show_blocked()
  blocked = now_blocked
}

// Every second, with the state of now.
export async function follow_operators(state) {
  if (!state.has_token && !is_open) {
    show_entry(false)
    say(without_token)
    return
  }
  if (!is_open && about.textContent === without_token) {
    close()
    say(first_words)
  }
  if (!is_open || !has_token()) return
  try {
    await follow_refusals()
    await follow_changes()
  } catch (problem) {
    if (problem.status !== 401 && problem.status !== 403) throw problem
    close()
    say('The admin token has changed: show the new one.', 'bad')
  }
}
