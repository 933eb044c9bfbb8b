// Numbers and times as people read them. Thin spaces stand within numbers and before units, and never break.

const thin = '\u202F'
const none = '–'

const is_number = value => typeof value === 'number' && Number.isFinite(value)

// 1234567 -> "1 234 567"
export function count(value) {
  if (!is_number(value)) return none
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, thin)
}

// Three digits that count, and no more.
function brief(value) {
  if (value === 0) return '0'
  if (value >= 100) return count(value)
  return Number(value.toPrecision(value >= 10 ? 3 : 2)).toString()
}

export const with_unit = (text, unit) => (text === none ? none : text + thin + unit)

export const rate = value => (is_number(value) ? with_unit(brief(value), '/s') : none)

// Of microseconds; below 0: not known.
export function duration(microseconds) {
  if (!is_number(microseconds) || microseconds < 0) return none
  if (microseconds < 1000) return with_unit(count(microseconds), 'µs')
  if (microseconds < 1e6) return with_unit(brief(microseconds / 1e3), 'ms')
  return with_unit(brief(microseconds / 1e6), 's')
}

export function bytes(value) {
  if (!is_number(value)) return none
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let at = 0
  while (value >= 1024 && at + 1 < units.length) {
    value /= 1024
    at += 1
  }
  return with_unit(brief(value), units[at])
}

export const percent = share => (is_number(share) ? with_unit(brief(share * 100), '%') : none)

// Of seconds: "3 d 4 h", "4 h 12 min", "12 min", "8 s".
export function span(seconds) {
  if (!is_number(seconds)) return none
  const whole = Math.max(0, Math.floor(seconds))
  const parts = [
    [Math.floor(whole / 86400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min']
  ]
  const first = parts.findIndex(([number]) => number > 0)
  if (first === -1) return with_unit(count(whole), 's')
  const shown = first === 2 ? parts.slice(2) : parts.slice(first, first + 2).filter(([number]) => number > 0)
  return shown.map(([number, unit]) => with_unit(count(number), unit)).join(' ')
}

// Both in milliseconds since 1970.
export function ago(then, now) {
  const seconds = (now - then) / 1000
  if (seconds >= 0) return seconds < 1 ? 'just now' : span(seconds) + ' ago'
  return 'in ' + span(-seconds)
}

// "2026-11-30 08:15:02.123 UTC"
export const absolute = then => new Date(then).toISOString().replace('T', ' ').replace('Z', ' UTC')
