"""Which lines of source an instruction comes from, inlined calls included."""
import dataclasses
import subprocess


@dataclasses.dataclass(frozen=True)
class Frame:
    function: str
    file: str
    line: str


def frames_of(program, addresses):
    """{address: [the innermost frame, that which it is inlined in, ...]} by addr2line and the program's debug information."""
    wanted = sorted(addresses)
    command = ["addr2line", "-a", "-i", "-f", "-C", "-e", str(program)]
    text = subprocess.run(command, input="".join("%#x\n" % each for each in wanted), capture_output=True, text=True, check=True).stdout
    found, lines, frames = {}, iter(text.splitlines()), None
    for line in lines:
        if line.startswith("0x"):
            frames = found.setdefault(int(line, 16), [])
        else:
            file, _, number = next(lines).partition(" ")[0].rpartition(":")
            frames.append(Frame(line, file, number))
    return found
