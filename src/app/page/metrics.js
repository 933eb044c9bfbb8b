// Numbers out of the state: {name: [{label: value, ..., value: number}]}, as /metrics has them.

let all = {}

export function set_metrics(metrics) {
  all = metrics
}

export const samples = name => all[name] ?? []

const has_labels = (sample, labels) => Object.entries(labels).every(([name, value]) => sample[name] === value)

// The sum of the samples that have these labels; nothing: there is none.
export function metric(name, labels = {}) {
  const found = samples(name).filter(each => has_labels(each, labels))
  return found.length === 0 ? undefined : found.reduce((sum, each) => sum + (each.value ?? Infinity), 0)
}
