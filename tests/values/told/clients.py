"""HTTP clients: the time-outs and pools with which the program really asks, and its servers."""

FACTS = "source.http_clients"
MODULES = "module MODULE\n\ngo 1.26\n"
IMPORTS = []
ENVIRONMENT = {}
WAIT = 50
END = ""

PLAYED = """package http

import (
	"internal/told"
	"strconv"
)

func saysClient(c *Client) {
	told.Say(told.Line(), "client", strconv.Itoa(int(c.Timeout)))
}

func saysTransport(t *Transport) {
	told.Say(told.Line(), "transport", strconv.Itoa(int(t.IdleConnTimeout)), strconv.Itoa(int(t.ResponseHeaderTimeout)), strconv.Itoa(int(t.TLSHandshakeTimeout)), strconv.Itoa(t.MaxIdleConns), strconv.Itoa(t.MaxIdleConnsPerHost), strconv.Itoa(t.MaxConnsPerHost), strconv.FormatBool(t.DisableKeepAlives))
}
"""


def change(overlay):
    overlay.begin("net/http/client.go", [], ("func (c *Client) do(req *Request) (retres *Response, reterr error) {", "saysClient(c)"))
    overlay.begin("net/http/transport.go", [], ("func (t *Transport) roundTrip(req *Request) (_ *Response, err error) {", 'saysTransport(t)\n\treturn nil, errors.New("played") // instead'))
    for path in ("net/http/client.go", "net/http/transport.go"):
        overlay.put(path, overlay.text(path).replace('\t"internal/told"\n', ""))
    overlay.put("net/http/played.go", PLAYED)
    text = overlay.text("net/http/transport.go").replace('"context"\n', '"context"\n', 1)
    overlay.put("net/http/transport.go", text)


FIELDS = ["idle_timeout", "header_timeout", "handshake_timeout", "max_idle", "max_idle_per_host", "max_per_host", "no_reuse"]


def values(field):
    """Those that a field may have; none where it is not told."""
    if isinstance(field, dict) and ("possible" in field or "unknown" in field):
        return field.get("possible")
    return [field]


def millis(field):
    all_ = values(field)
    return all_ and [None if one is None else int(float(one)) for one in all_]


def compare(real, items, gaps):
    said, _, _ = real
    wrong, left = [], 0
    for line, what, *words in said:
        if what == "client":
            really = int(words[0]) // 1_000_000 or None
            of = [item for item in items if item["made"] in ("client", "default-client")]
            told = [millis(item["timeout"]) for item in of]
            left += any(one is None for one in told)
            if not any(one is None or really in one for one in told) and not gaps:
                wrong.append(f"{line}: a client with {really} ms is not among {told}")
            continue
        of = [item for item in items if item["made"] in ("transport", "default-transport", "default-client", "client")]
        own = [item for item in of if "transport" in item["made"]]
        if not own:
            continue
        for index, name in enumerate(FIELDS):
            word = words[index]
            really = word == "true" if name == "no_reuse" else int(word) // (1_000_000 if "timeout" in name else 1) or None
            if name == "max_idle_per_host":
                really = really or 2
            told = [millis(item[name]) if "timeout" in name else values(item[name]) for item in own]
            left += any(one is None for one in told)
            # net/http's own is used by clients without one.
            default = {"idle_timeout": 90000, "handshake_timeout": 10000, "max_idle": 100, "max_idle_per_host": 2, "no_reuse": False}.get(name)
            if not any(one is None or really in one for one in told) and really != default and not gaps:
                wrong.append(f"{line}: a transport with {name} {really} is not among {told}")
    return wrong, bool(left)
