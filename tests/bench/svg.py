"""A small writer of SVG drawings: what the plots need and no more. Colours suit a light and a dark page alike."""
import html

INK, FAINT, PAPER = "#24292f", "#d0d7de", "#ffffff"


class Drawing:
    def __init__(self, width, height, title):
        self.width, self.height, self.parts = width, height, []
        self.rectangle(0, 0, width, height, PAPER)
        self.text(16, 26, title, size=15, weight="bold")

    def rectangle(self, x, y, width, height, fill):
        self.parts.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>' % (x, y, max(width, 0), height, fill))

    def line(self, x1, y1, x2, y2, stroke=FAINT, width=1.0, dashes=""):
        self.parts.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%.1f"%s/>' % (
            x1, y1, x2, y2, stroke, width, ' stroke-dasharray="%s"' % dashes if dashes else ""))

    def circle(self, x, y, radius, fill):
        self.parts.append('<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s" stroke="%s"/>' % (x, y, radius, fill, PAPER))

    def text(self, x, y, text, size=12, anchor="start", fill=INK, weight="normal"):
        self.parts.append('<text x="%.1f" y="%.1f" font-size="%d" text-anchor="%s" fill="%s" font-weight="%s">%s</text>' % (
            x, y, size, anchor, fill, weight, html.escape(text)))

    def save(self, path):
        path.write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" '
            'font-family="system-ui, sans-serif">\n%s\n</svg>\n' % (self.width, self.height, self.width, self.height, "\n".join(self.parts)))
        return path
