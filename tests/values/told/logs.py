"""Logs: what is written on the standard streams, by the line that writes, and whether it is a record of JSON."""

import json

FACTS = "source.log_calls"
MODULES = """module MODULE

go 1.26

require (
	github.com/rs/zerolog v1.34.0
	github.com/sirupsen/logrus v1.9.3
	go.uber.org/zap v1.27.0
)
"""
IMPORTS = []
ENVIRONMENT = {"GOTRACEBACK": "none"}
WAIT = 100
END = ""


def change(overlay):
    overlay.begin(
        "os/file.go",
        [],
        (
            "func (f *File) Write(b []byte) (n int, err error) {",
            'if fd := f.file.pfd.Sysfd; fd == 1 || fd == 2 {\n\t\tkind := "json"\n\t\tif len(b) == 0 || b[0] != \'{\' {\n\t\t\tkind = "plain"\n\t\t}\n\t\ttold.Say(told.Line(), []string{"", "stdout", "stderr"}[fd], kind)\n\t}',
        ),
    )


def is_record(line):
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def compare(real, items, gaps):
    said, out, err = real
    wrong, left = [], 0
    plain = {
        stream
        for stream, text in (("stdout", out), ("stderr", err))
        if any(line.strip() and not is_record(line) for line in text.splitlines())
    }
    written = {}
    for line, stream, kind in said:
        written.setdefault(int(line), set()).add((stream, kind))
    streams = lambda item: item["stream"].get("possible") if isinstance(item["stream"], dict) else [item["stream"]]
    bridged = lambda item: item["bridged"]
    left = any(streams(item) is None or isinstance(bridged(item), dict) for item in items)
    for stream in plain:
        may = [item for item in items if (streams(item) is None or stream in streams(item)) and bridged(item) is not True]
        if not may and not gaps:
            wrong.append(f"plain lines on {stream} are not told ({out + err!r})")
    # What goes through a handler of plain lines is told where that is made.
    handled = any("Handler" in item["call"] for item in items)
    for item in items:
        here = written.get(item["line"], set())
        if bridged(item) is True and not handled and any(kind == "plain" for _, kind in here):
            wrong.append(f"{item['line']}: {item['call']} is told to be bridged, and is not")
        if bridged(item) is not False or streams(item) is None or len(streams(item)) > 1 or streams(item) == ["other"]:
            continue
        [stream] = streams(item)
        if here and (stream, "plain") not in here:
            wrong.append(f"{item['line']}: {item['call']} is told to write plain lines on {stream}, and writes {sorted(here)}")
        # What makes a handler may stand where none is used.
        if not here and stream not in plain and not any(word in item["call"] for word in ("New", "ConsoleWriter", "zap.")):
            wrong.append(f"{item['line']}: {item['call']} is told to write plain lines on {stream}, where there are none")
    return wrong, left
