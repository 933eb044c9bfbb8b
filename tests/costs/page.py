"""A page with a section that a program writes."""

BEGIN, END = "<!-- profile: begin -->\n", "<!-- profile: end -->\n"


def rewrite(path, section):
    """Puts the section between the page's two markers."""
    text = path.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit("%s has not the two markers" % path)
    before, _, rest = text.partition(BEGIN)
    path.write_text(before + BEGIN + section + END + rest.partition(END)[2], encoding="utf-8")
