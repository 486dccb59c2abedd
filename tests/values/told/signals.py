"""Signals: every call of os/signal by its line, and whether somebody receives from the channel afterwards."""

FACTS = "source.signal_handlers"
MODULES = "module MODULE\n\ngo 1.26\n"
IMPORTS = ["os/signal"]
ENVIRONMENT = {}
WAIT = 20
END = "signal.Played()"

PLAYED = """package signal

import (
	"internal/told"
	"os"
	"sync"
	"syscall"
	"time"
)

type asked struct {
	line string
	c    chan<- os.Signal
	want []os.Signal
}

var (
	playing sync.Mutex
	all     []asked
)

func say(call string, signals []os.Signal) string {
	line, names := told.Line(), ""
	for _, s := range signals {
		names += " " + number(signum(s))
	}
	told.Say(line, call, names)
	return line
}

func number(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return number(n/10) + string(rune('0'+n%10))
}

func asks(c chan<- os.Signal, signals []os.Signal) {
	playing.Lock()
	defer playing.Unlock()
	all = append(all, asked{say("notify", signals), c, signals})
}

// Played sends each channel what it asked for, and looks whether anybody takes it.
func Played() {
	playing.Lock()
	defer playing.Unlock()
	last := map[chan<- os.Signal]int{}
	for number, one := range all {
		last[one.c] = number
	}
	for number, one := range all {
		// What is asked for again is another matter.
		if last[one.c] != number {
			continue
		}
		if len(one.want) == 0 {
			one.want = []os.Signal{syscall.SIGUSR2}
		}
		read := "false"
		for _, s := range one.want {
			handlers.Lock()
			h := handlers.m[one.c]
			wanted := h != nil && h.want(signum(s))
			handlers.Unlock()
			if !wanted {
				// Some other call took it away.
				read = "gone"
				continue
			}
			read = "false"
			sent := false
			select {
			case one.c <- s:
				sent = true
			default:
			}
			for range 50 {
				if time.Sleep(2 * time.Millisecond); len(one.c) == 0 {
					break
				}
			}
			if sent && len(one.c) == 0 {
				read = "true"
			}
			break
		}
		told.Say(one.line, "read", read)
	}
}
"""

NAMES = {1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 10: "SIGUSR1", 12: "SIGUSR2", 15: "SIGTERM", 28: "SIGWINCH"}


def change(overlay):
    path = "os/signal/signal.go"
    overlay.begin(
        path,
        [],
        ("func Ignore(sig ...os.Signal) {", 'say("ignore", sig)'),
        ("func Reset(sig ...os.Signal) {", 'say("reset", sig)'),
        ("func Notify(c chan<- os.Signal, sig ...os.Signal) {", "asks(c, sig)"),
        ("stop context.CancelFunc) {", 'say("notify-context", signals)'),
    )
    text = overlay.text(path).replace("\tNotify(c.ch, c.signals...)\n", "\tnotify(c.ch, c.signals...)\n").replace('\t"internal/told"\n', "")
    text = text.replace("asks(c, sig)", "asks(c, sig)\n\tnotify(c, sig...)\n}\n\nfunc notify(c chan<- os.Signal, sig ...os.Signal) {")
    overlay.put(path, text)
    overlay.put("os/signal/played.go", PLAYED)


def compare(real, items, gaps):
    said, _, _ = real
    wrong, left = [], 0
    # A loop asks for one after the other.
    together = {}
    for line, call, words in said:
        together.setdefault((line, call), set()).update(words.split())
    for line, call, words in said:
        here = [item for item in items if item["line"] == int(line) and (call == "read" and item["call"] == "notify" or item["call"] == call)]
        if call == "read":
            for item in here:
                read = item["channel_read"]
                if isinstance(read, dict):
                    left += 1
                elif words != "gone" and str(read).lower() != words:
                    wrong.append(f"{line}: read is told to be {read}, and is {words}")
            continue
        names, of_all = (sorted({NAMES.get(int(word), word) for word in all_}) for all_ in (words.split(), together[line, call]))
        if not here:
            away = [item for item in items if item["call"] == call and isinstance(item["signals"], dict)]
            if not away and not gaps:
                wrong.append(f"{line}: {call} of {names} is not seen")
            left += 1
        for item in here:
            signals = item["signals"]
            all_ = signals.get("possible") if isinstance(signals, dict) else [signals]
            left += isinstance(signals, dict)
            if all_ is not None and not {str(names), str(of_all)} & {str(sorted(set(one))) for one in all_} and not (call.startswith("notify") and not names and any(len(one) == 31 for one in all_)):
                wrong.append(f"{line}: {call} of {names} is told to be {all_}")
    return wrong, bool(left)
