"""The plots of a run: CPU per request with the floor as a line, latencies, memory of a connection.

    plots.py [results.json]        draws those of an earlier run again, beside its file
"""
import json
import math
import pathlib
import statistics
import sys

from svg import FAINT, INK, Drawing

WIDTH, LEFT, RIGHT, ROW, TOP, FOOT = 820, 150, 170, 24, 44, 34
OURS, OTHERS, FLOOR = "#0969da", "#8c959f", "#cf222e"
PERCENTILES = (("p50", "#54aeff"), ("p90", "#0969da"), ("p99", "#0a3069"), ("p999", "#cf222e"))
# Of these, what a run has measured is drawn, in this order.
CPU_SCENARIOS = ("get50", "post50", "chunked50", "miss")
LATENCY_SCENARIOS = ("get1", "rate2k", "get50")


def colour(name):
    return OURS if name.startswith("sidecar") else OTHERS


def measured(results, wanted):
    return [(name, results["scenarios"][name]) for name in wanted if name in results["scenarios"]]


def height_of(panels):
    return TOP + sum(28 + ROW * len(result["peers"]) + 26 for _, result in panels) + FOOT


def footer(drawing, results):
    programs = [version for version in results["programs"].values() if version]
    machine = "%(cpu)s, Linux %(kernel)s" % results["machine"]
    drawing.text(16, drawing.height - 22, "%s; %s" % (results["date"], machine), size=10, fill="#57606a")
    drawing.text(16, drawing.height - 8, "; ".join(programs)[:140], size=10, fill="#57606a")


def bars(drawing, y, values, labels, floor=None):
    """Horizontal bars from the largest value's scale; returns where the next panel may begin."""
    scale = (WIDTH - LEFT - RIGHT) / max(max(values.values()), 1e-9)
    for name, value in values.items():
        drawing.text(LEFT - 8, y + 16, name, anchor="end")
        drawing.rectangle(LEFT, y + 4, value * scale, ROW - 8, colour(name))
        drawing.text(LEFT + max(value, 0) * scale + 6, y + 16, labels[name])
        y += ROW
    if floor is not None:
        x = LEFT + floor * scale
        drawing.line(x, y - ROW * len(values), x, y + 4, FLOOR, 1.5, "5 3")
        drawing.text(x, y + 16, "the floor: a relay without HTTP", size=10, anchor="middle", fill=FLOOR)
    return y + 26


def microseconds(result):
    """CPU per request by norm, in the microseconds of the run's median load generator: free of the host's drift."""
    unit = statistics.median(run["load_us"] for peer in result["peers"].values() for run in peer["runs"])
    return {name: peer["median"]["norm"] * unit for name, peer in result["peers"].items()}


def draw_cpu(results, path):
    panels = measured(results, CPU_SCENARIOS)
    if not panels:
        return None
    drawing, y = Drawing(WIDTH, height_of(panels), "CPU per request, microseconds (less is better)"), TOP
    for _, result in panels:
        drawing.text(16, y + 16, result["about"], weight="bold")
        values = dict(sorted(microseconds(result).items(), key=lambda item: item[1]))
        reference = values[result["reference"]]
        labels = {name: "%.1f us, %.2f x %s" % (value, value / reference, result["reference"]) for name, value in values.items()}
        y = bars(drawing, y + 24, values, labels, values.get("relay"))
    footer(drawing, results)
    return drawing.save(path)


def draw_memory(results, path):
    panels = measured(results, ("idle",))
    if not panels:
        return None
    drawing = Drawing(WIDTH, height_of(panels), "Memory per idle keep-alive connection, KB of Pss (less is better)")
    result = panels[0][1]
    found = {name: peer["median"]["kb_connection"] for name, peer in result["peers"].items()}
    values = dict(sorted(found.items(), key=lambda item: item[1]))
    drawing.text(16, TOP + 16, result["about"], weight="bold")
    bars(drawing, TOP + 24, values, {name: "%.2f" % value for name, value in values.items()})
    footer(drawing, results)
    return drawing.save(path)


def axis(drawing, y, rows, lowest, highest):
    """A logarithmic one, with lines at 1, 2 and 5; returns where a value lies on it."""
    low, high = math.log10(lowest * 0.9), math.log10(highest * 1.1)

    def place(value):
        return LEFT + (math.log10(value) - low) / (high - low) * (WIDTH - LEFT - 30)

    for power in range(math.floor(low), math.ceil(high) + 1):
        for step in (1, 2, 5):
            value = step * 10.0 ** power
            if low <= math.log10(value) <= high:
                drawing.line(place(value), y, place(value), y + ROW * rows)
                drawing.text(place(value), y + ROW * rows + 14, "%g us" % value, size=10, anchor="middle", fill="#57606a")
    return place


def draw_latencies(results, path):
    panels = measured(results, LATENCY_SCENARIOS)
    if not panels:
        return None
    drawing, y = Drawing(WIDTH, height_of(panels), "Latency (less is better)"), TOP
    for at, (key, fill) in enumerate(PERCENTILES):
        drawing.circle(WIDTH - 270 + 65 * at, 21, 5, fill)
        drawing.text(WIDTH - 261 + 65 * at, 25, key.replace("p999", "p99.9"))
    for _, result in panels:
        drawing.text(16, y + 16, result["about"], weight="bold")
        rows = {name: [peer["median"][key] for key, _ in PERCENTILES] for name, peer in result["peers"].items()}
        rows = dict(sorted(rows.items(), key=lambda item: item[1][0]))
        y += 24
        place = axis(drawing, y, len(rows), min(map(min, rows.values())), max(map(max, rows.values())))
        for name, values in rows.items():
            drawing.text(LEFT - 8, y + 16, name, anchor="end", weight="bold" if name.startswith("sidecar") else "normal")
            drawing.line(place(values[0]), y + 12, place(values[-1]), y + 12, INK if name.startswith("sidecar") else FAINT, 2)
            for value, (_, fill) in zip(values, PERCENTILES):
                drawing.circle(place(value), y + 12, 5, fill)
            y += ROW
        y += 28
    footer(drawing, results)
    return drawing.save(path)


def draw_all(results, folder):
    """The files that were written; none for what was not measured."""
    written = (draw_cpu(results, folder / "cpu.svg"), draw_latencies(results, folder / "latency.svg"), draw_memory(results, folder / "memory.svg"))
    return [path for path in written if path]


if __name__ == "__main__":
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/bench/results.json")
    print("\n".join(map(str, draw_all(json.loads(source.read_text()), source.parent))))
