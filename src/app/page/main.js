// The page: asks its sidecar once a second what it is doing, and shows that. Nothing is asked while nobody looks.

import { get } from './api.js'
import { show_budget } from './budget.js'
import { by_id, set_attribute, set_text } from './dom.js'
import { span } from './format.js'
import { follow } from './history.js'
import { metric, samples, set_metrics } from './metrics.js'
import { follow_operators } from './operators.js'
import { show_parts } from './parts.js'
import { show_reasons } from './reasons.js'
import { show_state_line } from './state_line.js'
import { now, set_clock, update_times } from './times.js'
import { draw } from './traffic.js'

const interval = 1000
const link = by_id('link')

function show_link(how, text) {
  set_attribute(link, 'class', 'link ' + how)
  set_text(by_id('link-text'), text)
}

function show_head() {
  const build = samples('build_info')[0]
  if (build) set_text(by_id('version'), build.version)
  if (build) set_attribute(by_id('version'), 'title', 'revision ' + build.revision)
  const start = metric('process_start_time_seconds')
  if (start) set_text(by_id('uptime'), 'up ' + span(now() / 1000 - start))
  document.title = location.host + ' – gate-sidecar'
}

async function look() {
  const state = await get('/page/state')
  set_clock(state.now)
  set_metrics(state.metrics)
  await follow(state)
  show_head()
  show_state_line(state)
  draw()
  show_budget(state)
  show_parts(state)
  show_reasons(state)
  update_times()
  await follow_operators(state)
}

let answered_at = Date.now()

async function look_again() {
  try {
    await look()
    answered_at = Date.now()
    show_link('good', 'live')
  } catch (problem) {
    if (problem.status === undefined) throw problem // a mistake of this page: the console names it
    const silent = 'no answer for ' + span((Date.now() - answered_at) / 1000)
    show_link('bad', problem.status === 0 ? silent : problem.message.split('\n')[0])
  }
}

let timer

async function run() {
  clearTimeout(timer)
  if (document.hidden) return
  try {
    await look_again()
  } finally {
    clearTimeout(timer)
    timer = setTimeout(run, interval)
  }
}

document.addEventListener('visibilitychange', run)
run()
