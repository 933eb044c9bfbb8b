// Elements are made here, and nowhere from text: what comes from outside is only ever textContent or the value of an
// attribute that runs nothing. The Content-Security-Policy holds the page to that (Trusted Types).

export const by_id = id => document.getElementById(id)

// element("td", {class: "number"}, "12", other_element). Null children are left out.
export function element(name, attributes = {}, ...children) {
  const out = document.createElement(name)
  set_attributes(out, attributes)
  out.append(...children.filter(each => each !== null && each !== undefined))
  return out
}

export function svg_element(name, attributes = {}) {
  const out = document.createElementNS('http://www.w3.org/2000/svg', name)
  set_attributes(out, attributes)
  return out
}

function set_attributes(of, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) of.setAttribute(name, String(value))
  }
}

// Writes only what is different, so that nothing flickers and screen readers are told of changes alone.
export function set_text(of, text) {
  const wanted = String(text)
  if (of.textContent !== wanted) of.textContent = wanted
}

export function set_attribute(of, name, value) {
  if (value === null || value === undefined || value === '') {
    if (of.hasAttribute(name)) of.removeAttribute(name)
  } else if (of.getAttribute(name) !== String(value)) {
    of.setAttribute(name, String(value))
  }
}

// Keeps as many rows as there are items, and has each filled in its place: no row moves, whatever comes.
export function fill_rows(body, items, make, fill) {
  while (body.children.length > items.length) body.lastElementChild.remove()
  while (body.children.length < items.length) body.append(make())
  items.forEach((item, index) => fill(body.children[index], item))
}

// A list of terms with their values, made once; returns set(term, text, title).
export function facts(into, terms) {
  const values = new Map()
  const list = element('dl', { class: 'facts' })
  for (const term of terms) {
    const value = element('dd', {}, '–')
    values.set(term, value)
    list.append(element('div', {}, element('dt', {}, term), value))
  }
  into.append(list)
  return (term, text, title = '') => {
    const value = values.get(term)
    set_text(value, text)
    set_attribute(value, 'title', title)
  }
}
