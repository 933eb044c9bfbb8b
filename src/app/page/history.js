// The points of the charts, as the sidecar keeps them: one for each second of the last 15 minutes.

import { get } from './api.js'

const kept = 15 * 60 * 1000 // milliseconds

let points = []

// {columns: [names], points: [[numbers]]} -> [{name: number}]
function rows_of({ columns, points: rows }) {
  return rows.map(row => Object.fromEntries(columns.map((name, index) => [name, row[index]])))
}

const newest = () => points.at(-1)?.at ?? 0

// Takes the newest points of `state`; asks for all of them where some are missing.
export async function follow(state) {
  const offered = rows_of(state)
  if (offered.length === 0) return
  const misses_some = offered[0].at - offered[0].span > newest() + 1
  if (newest() > offered.at(-1).at || misses_some) {
    points = rows_of(await get('/page/history'))
    return
  }
  points.push(...offered.filter(each => each.at > newest()))
  while (points.length > 0 && points[0].at < newest() - kept) points.shift()
}

// Those of the last `range` milliseconds.
export const last = range => points.filter(each => each.at > newest() - range)
