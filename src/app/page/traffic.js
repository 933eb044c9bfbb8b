// The charts: what came, what became of it, and how long it took.

import { by_id } from './dom.js'
import { Chart } from './charts.js'
import { duration, rate } from './format.js'
import { last } from './history.js'

const per_second = name => point => (point[name] * 1000) / point.span
const time = name => point => (point[name] < 0 ? null : point[name])

const charts = [
  new Chart({
    title: 'Requests',
    about: 'by the status of their responses, a second',
    stacked: true,
    format: rate,
    floor: 1,
    series: [
      { name: '1xx to 3xx', value: per_second('succeeded') },
      { name: '4xx', value: per_second('client_errors') },
      { name: '5xx', value: per_second('server_errors') }
    ]
  }),
  new Chart({
    title: 'Verdicts',
    about: 'about their tokens, a second',
    stacked: true,
    format: rate,
    floor: 1,
    series: [
      { name: 'allowed', value: per_second('allowed') },
      { name: 'denied', value: per_second('denied') },
      { name: 'unavailable', value: per_second('unavailable') }
    ]
  }),
  new Chart({
    title: 'Latency',
    about: 'from the first byte of a request to the last of its response',
    stacked: false,
    format: duration,
    floor: 1000,
    series: [
      { name: 'half within', value: time('p50') },
      { name: '99 % within', value: time('p99') }
    ]
  }),
  new Chart({
    title: 'Overhead',
    about: 'the part of it that is not your API’s; typical is the median, or the mean',
    stacked: false,
    format: duration,
    floor: 100,
    series: [
      { name: 'typical', value: time('overhead_p50') },
      { name: '99 % within', value: time('overhead_p99') }
    ]
  })
]

by_id('charts').append(...charts.map(each => each.element))

const range = () => Number(document.querySelector('input[name=range]:checked').value) * 1000

export function draw() {
  const points = last(range())
  for (const each of charts) each.draw(points, range())
}

for (const each of document.querySelectorAll('input[name=range]')) each.addEventListener('change', draw)
