// Times are shown relative to now, and in full where the pointer rests on them.

import { element, set_attribute, set_text } from './dom.js'
import { absolute, ago } from './format.js'

// The clock of the sidecar, which may not be the one of this machine: milliseconds by which it is ahead.
let ahead = 0

export function set_clock(of_sidecar) {
  ahead = of_sidecar - Date.now()
}

export const now = () => Date.now() + ahead

export const time_element = () => element('time')

// `then`: milliseconds since 1970, or nothing.
export function set_time(of, then, otherwise = 'never') {
  if (!then) {
    set_attribute(of, 'datetime', null)
    set_attribute(of, 'title', null)
    set_text(of, otherwise)
    return
  }
  set_attribute(of, 'datetime', new Date(then).toISOString())
  set_attribute(of, 'title', absolute(then))
  set_text(of, ago(then, now()))
}

export function update_times() {
  for (const each of document.querySelectorAll('time[datetime]')) set_text(each, ago(Date.parse(each.dateTime), now()))
}
