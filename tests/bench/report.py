"""Tables for the terminal."""
import statistics

# Per kind of scenario: what is compared, and the columns: heading, key, format.
COMPARED = {"requests": "norm", "bulk": "us_mb", "events": "norm", "idle": "kb_connection", "start": None, "workers": "scale"}
LATENCY = (("p50", "p50", "%.0f"), ("p90", "p90", "%.0f"), ("p99", "p99", "%.0f"), ("p99.9", "p999", "%.0f"))
QUIET = 0.04  # of a saturated CPU may go to others: the kernel has its own work
COLUMNS = {
    "requests": (("req/s", "rps", "%.0f"), ("us/req", "us", "%.2f"), ("norm", "norm", "%.3f"), ("user", "user_us", "%.2f"),
                 ("sys", "system_us", "%.2f"), *LATENCY, ("RSS KB", "rss", "%.0f"), ("verified", "verified", "%.2f")),
    "bulk": (("us/MB", "us_mb", "%.0f"), ("MB/s", "mb_s", "%.0f"), *LATENCY, ("RSS KB", "rss", "%.0f")),
    "events": (("events/s", "rps", "%.0f"), ("us/event", "us", "%.2f"), ("norm", "norm", "%.3f"), *LATENCY, ("RSS KB", "rss", "%.0f")),
    "idle": (("KB/conn", "kb_connection", "%.2f"), ("Pss before", "pss_before", "%.0f"), ("Pss", "pss", "%.0f"), ("RSS before", "rss_before", "%.0f"), ("RSS", "rss", "%.0f")),
    "start": (("ms", "first_ms", "%.1f"), ("RSS KB", "rss", "%.0f"), ("Pss KB", "pss", "%.0f")),
    "workers": (("req/s, 1", "rps_one", "%.0f"), ("req/s, 2", "rps_two", "%.0f"), ("2 over 1", "scale", "%.3f"),
                ("us/req, 1", "us_one", "%.2f"), ("us/req, 2", "us_two", "%.2f")),
}


def medians(runs):
    """The median of each number over the rounds of one peer."""
    keys = [key for key, value in runs[0].items() if isinstance(value, (int, float))]
    return {key: statistics.median(run[key] for run in runs) for key in keys}


def ratio(result, name, to):
    """How much CPU a peer costs compared to another one in the same scenario; None where that was not measured."""
    key, peers = result.get("compared", COMPARED[result["kind"]]), result["peers"]
    if key is None or to not in peers or name not in peers or not peers[to]["median"][key]:
        return None
    return peers[name]["median"][key] / peers[to]["median"][key]


def table(scenario, result):
    """result: kind, rounds, reference, peers: name -> median, runs."""
    against = [name for name in dict.fromkeys((result["reference"], "relay")) if name in result["peers"]]
    compared = [] if result["compared"] is None else against
    columns = COLUMNS[result["kind"]]
    rows = [["", *(heading for heading, _, _ in columns), *("/ " + name for name in compared)]]
    for name, peer in result["peers"].items():
        ratios = ["%.3f" % value if (value := ratio(result, name, to)) else "" for to in compared]
        rows.append([name, *(form % peer["median"][key] for _, key, form in columns), *ratios])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["%s: %s, %d rounds" % (scenario.name, scenario.about, result["rounds"])]
    for row in rows:
        lines.append("  " + "  ".join(text.ljust(width) if i == 0 else text.rjust(width)
                                      for i, (text, width) in enumerate(zip(row, widths))))
    disturbed = [run["others"] for peer in result["peers"].values() for run in peer["runs"] if run.get("others", 0) > QUIET]
    if disturbed and "--rate" not in scenario.load:
        lines.append("  in %d cells others had up to %.0f %% of the CPU: measure again when the machine is quiet" % (
            len(disturbed), max(disturbed) * 100))
    return "\n".join(lines)


def faults(result):
    """Lines that tell which rounds of which peers went wrong."""
    found = []
    for name, peer in result["peers"].items():
        for number, run in enumerate(peer["runs"], 1):
            if run["faults"]:
                found.append("!! %s, round %d: %s %s" % (name, number, ", ".join(run["faults"]), run.get("said", "")))
    return found
