// One chart: lines or stacked areas over time, in SVG. It is read with the pointer, and with the arrow keys as a slider, whose
// text is what a screen reader says.

import { element, set_attribute, set_text, svg_element } from './dom.js'
import { absolute, ago } from './format.js'
import { now } from './times.js'

const width = 1000
const height = 100

// The smallest of 1, 2, 3, 4, 6, 8, 10, 20 ... that is not below `value`.
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 3, 4, 6, 8, 10].map(each => each * power).find(each => each >= value * 0.9999)
}

export class Chart {
  // series: [{name, value(point) -> number or null, shape}]; `stacked`: areas upon each other; `format`: of a value;
  // `floor`: the least that the axis shows.
  constructor({ title, about, series, stacked, format, floor }) {
    Object.assign(this, { title, series, stacked, format, floor, points: [], at: null, range: 1 })
    this.legend = series.map(() => element('dd', {}, '–'))
    this.when = element('p', { class: 'when quiet' }, 'now')
    this.lines = series.map((_, index) => svg_element('path', { class: (stacked ? 'area ' : 'line ') + 's' + index }))
    this.cursor = svg_element('line', { class: 'cursor', y1: 0, y2: height, visibility: 'hidden' })
    this.top = element('span', { class: 'top' }, '–')
    this.middle = element('span', { class: 'middle' }, '–')
    this.from = element('span', { class: 'from' }, '')
    this.plot = this.#make_plot()
    this.element = element(
      'article',
      { class: 'card chart' },
      element('h3', {}, title),
      element('p', { class: 'about quiet' }, about),
      this.#make_legend(),
      this.plot,
      element('div', { class: 'axis quiet', 'aria-hidden': 'true' }, this.from, element('span', {}, 'now'))
    )
  }

  #make_legend() {
    const entries = this.series.map(({ name }, index) =>
      element(
        'div',
        {},
        element('dt', {}, element('i', { class: 'swatch s' + index, 'aria-hidden': 'true' }), name),
        this.legend[index]
      )
    )
    return element('div', { class: 'legend' }, element('dl', {}, ...entries), this.when)
  }

  #make_plot() {
    const grid = [0, 50, 100].map(y => svg_element('line', { class: 'grid', x1: 0, x2: width, y1: y, y2: y }))
    const svg = svg_element('svg', {
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
      focusable: 'false'
    })
    svg.append(...grid, ...this.lines, this.cursor)
    const plot = element(
      'div',
      {
        class: 'plot',
        tabindex: 0,
        role: 'slider',
        'aria-label': this.title,
        'aria-valuemin': 0,
        'aria-valuemax': 0,
        'aria-valuenow': 0,
        'aria-valuetext': 'no numbers yet'
      },
      svg,
      this.top,
      this.middle
    )
    plot.addEventListener('pointermove', event => this.#point_at(event))
    plot.addEventListener('pointerleave', () => this.#choose(null))
    plot.addEventListener('blur', () => this.#choose(null))
    plot.addEventListener('keydown', event => this.#on_key(event))
    return plot
  }

  #point_at(event) {
    const box = this.plot.getBoundingClientRect()
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))
    const wanted = this.end - (1 - share) * this.range
    const nearest = this.points.reduce(
      (best, each, index) => (Math.abs(each.at - wanted) < Math.abs(this.points[best].at - wanted) ? index : best),
      0
    )
    if (this.points.length > 0) this.#choose(this.points[nearest].at)
  }

  #on_key(event) {
    const last = this.points.length - 1
    const at = this.#index() ?? last
    const steps = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      PageDown: at - 30,
      PageUp: at + 30,
      Home: 0,
      End: last
    }
    if (event.key === 'Escape') this.#choose(null)
    if (!(event.key in steps) || last < 0) return
    event.preventDefault()
    this.#choose(this.points[Math.min(last, Math.max(0, steps[event.key]))].at)
  }

  #choose(at) {
    this.at = at
    this.#show_values()
  }

  #index() {
    const found = this.at === null ? -1 : this.points.findIndex(each => each.at === this.at)
    return found === -1 ? null : found
  }

  draw(points, range) {
    this.points = points
    this.range = range
    this.end = points.at(-1)?.at ?? now()
    const values = points.map(point => this.series.map(({ value }) => value(point)))
    const heights = values.map(row =>
      this.stacked ? row.reduce((sum, each) => sum + (each ?? 0), 0) : Math.max(...row.map(each => each ?? 0))
    )
    this.limit = nice(Math.max(this.floor, ...heights))
    this.lines.forEach((line, index) => set_attribute(line, 'd', this.#path(values, index)))
    set_text(this.top, this.format(this.limit))
    set_text(this.middle, this.format(this.limit / 2))
    set_text(this.from, ago(this.end - range, this.end))
    this.#show_values()
  }

  #x = point => (width * (1 - (this.end - point.at) / this.range)).toFixed(1)
  #y = value => (height * (1 - value / this.limit)).toFixed(2)

  // An area goes back along the one below it; a line is broken where there is no number.
  #path(values, index) {
    const steps = []
    let is_broken = true
    const sum = (row, upto) => row.slice(0, upto).reduce((all, each) => all + (each ?? 0), 0)
    this.points.forEach((point, at) => {
      const value = this.stacked ? sum(values[at], index + 1) : values[at][index]
      if (value === null) {
        is_broken = true
        return
      }
      steps.push((is_broken ? 'M' : 'L') + this.#x(point) + ' ' + this.#y(value))
      is_broken = false
    })
    if (!this.stacked || steps.length === 0) return steps.join('') || 'M0 0'
    const back = this.points.map((point, at) => 'L' + this.#x(point) + ' ' + this.#y(sum(values[at], index))).reverse()
    return steps.join('') + back.join('') + 'Z'
  }

  #show_values() {
    const chosen = this.#index()
    const point = this.points[chosen ?? this.points.length - 1]
    if (!point) return
    const texts = this.series.map(({ value }) => this.format(value(point)))
    texts.forEach((text, index) => set_text(this.legend[index], text))
    set_text(this.when, chosen === null ? 'now' : ago(point.at, now()))
    set_attribute(this.when, 'title', absolute(point.at))
    set_attribute(this.cursor, 'visibility', chosen === null ? 'hidden' : 'visible')
    set_attribute(this.cursor, 'x1', this.#x(point))
    set_attribute(this.cursor, 'x2', this.#x(point))
    if (chosen === null && document.activeElement === this.plot) return // or it would be read out every second
    set_attribute(this.plot, 'aria-valuemax', this.points.length - 1)
    set_attribute(this.plot, 'aria-valuenow', chosen ?? this.points.length - 1)
    const words = this.series.map(({ name }, index) => texts[index] + ' ' + name).join(', ')
    set_attribute(this.plot, 'aria-valuetext', (chosen === null ? 'now' : ago(point.at, now())) + ': ' + words)
  }
}
