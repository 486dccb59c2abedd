//! `source.exec_calls`, `source.unsafe_pointers`, `source.embeds` and `source.test_sensing` as tables.

use super::table::{cgo_off, check, collect_from, shown};
use crate::build::Memory;

#[test]
fn programs_that_are_started_are_told() {
    let fields = &["form", "call", "program"];
    let table = [
        (
            "by their name",
            "-- m.go --\npackage main\nimport e \"os/exec\"\nconst shell = \"/bin/\" + \"sh\"\nfunc main() { e.Command(shell, \"-c\"); e.CommandContext(nil, name()) }\nfunc name() string { return \"ls\" }\n",
            "m.go:4:15 start exec.Command /bin/sh\nm.go:4:39 start exec.CommandContext ls",
        ),
        (
            "as a struct",
            "-- m.go --\npackage main\nimport \"os/exec\"\nfunc main() { c := exec.Cmd{Path: \"/x\"}; c.Run(); new(exec.Cmd).Run() }\n",
            "m.go:3:20 start exec.Cmd /x",
        ),
        (
            "instead of the process, and plugins",
            "-- m.go --\npackage main\nimport (\n\t\"os\"\n\t\"plugin\"\n\t\"syscall\"\n)\nfunc main() {\n\tsyscall.Exec(os.Args[0], nil, nil)\n\tplugin.Open(\"x.so\")\n\tos.StartProcess(\"/x\", nil, nil)\n}\n",
            "m.go:8:2 replace syscall.Exec ?value-not-decided\nm.go:9:2 plugin plugin.Open x.so\nm.go:10:2 start os.StartProcess /x",
        ),
        (
            "as a value",
            "-- m.go --\npackage main\nimport . \"os/exec\"\nvar run = Command\nfunc main() { run(\"x\") }\n",
            "m.go:3:11 start exec.Command ?value-not-decided",
        ),
        (
            "other functions of these names",
            "-- m.go --\npackage main\nimport \"os\"\ntype exec struct{}\nfunc (exec) Command(s string) {}\nfunc main() { exec{}.Command(\"x\"); os.Open(\"plugin\") }\n",
            "",
        ),
    ];
    check("source.exec_calls", fields, &cgo_off(), &table);
}

#[test]
fn back_doors_of_the_type_system_are_told() {
    let fields = &["form", "detail"];
    let table = [
        (
            "unsafe under any name",
            "-- m.go --\npackage main\nimport u \"unsafe\"\nfunc main() { x := 1; _ = *(*uint8)(u.Pointer(&x)); _ = u.Sizeof(x); _ = u.String(nil, 0) }\n",
            "m.go:3:37 unsafe unsafe.Pointer\nm.go:3:74 unsafe unsafe.String",
        ),
        (
            "reflect",
            "-- m.go --\npackage main\nimport \"reflect\"\nfunc main() { v := reflect.ValueOf(1); v.UnsafePointer(); reflect.NewAt(nil, nil) }\n",
            "m.go:3:40 reflect reflect.Value.UnsafePointer\nm.go:3:59 reflect reflect.NewAt",
        ),
        (
            "names of other packages",
            "-- m.go --\npackage main\nimport _ \"unsafe\"\n\n//go:linkname now time.now\nfunc now()\nfunc main() {} // go:linkname a b\n",
            "m.go:4:1 linkname go:linkname now time.now",
        ),
        (
            "a comment and a string",
            "-- m.go --\npackage main\nfunc main() { _ = \"unsafe.Pointer\" } // unsafe.Pointer\n",
            "",
        ),
    ];
    check("source.unsafe_pointers", fields, &cgo_off(), &table);
}

#[test]
fn what_is_embedded_is_told_by_pattern() {
    let text = "-- m.go --\npackage main\nimport _ \"embed\"\n\n//go:embed web lib.so\nvar a string\n\n//go:embed none.txt\nvar b string\nfunc main() {}\n-- web/a.txt --\na\n-- web/b.txt --\nb\n-- go.mod --\nmodule example.com/app\n\ngo 1.26\n";
    let mut files = Memory::new(text);
    files.add("lib.so", b"\x7fELF rest");
    let sheet = collect_from("source.embeds", &files, &cgo_off());
    assert_eq!(
        shown(&sheet, &["pattern", "files", "executables", "opaque"]),
        "m.go:4:1 web 2 [] []\nm.go:4:1 lib.so 1 [lib.so] []\nm.go:7:1 none.txt ?embedded-file-not-delivered [] []"
    );
}

#[test]
fn looks_at_the_examiner_are_told() {
    let fields = &["form", "detail", "decides"];
    let table = [
        (
            "the tracer",
            "-- m.go --\npackage main\nimport \"strings\"\nfunc main() { if strings.Contains(status(), \"TracerPid:\\t0\") { } }\nfunc status() string { return \"\" }\n",
            "m.go:3:45 tracer-pid TracerPid true",
        ),
        (
            "the user agent, compared",
            "-- m.go --\npackage main\nimport \"net/http\"\nfunc h(w http.ResponseWriter, r *http.Request) {\n\tif r.UserAgent() == \"probe\" { }\n\tagent := r.Header.Get(\"User-Agent\")\n\tswitch agent { case \"x\": }\n\t_ = r.Header[\"User-Agent\"]\n}\nfunc main() {}\n",
            "m.go:4:5 user-agent UserAgent() true\nm.go:5:11 user-agent Get(\"User-Agent\") true\nm.go:7:6 user-agent [\"User-Agent\"] ?value-not-decided",
        ),
        (
            "the user agent, only logged",
            "-- m.go --\npackage main\nimport (\n\t\"log/slog\"\n\t\"net/http\"\n)\nfunc h(w http.ResponseWriter, r *http.Request) { slog.Info(\"x\", \"agent\", r.UserAgent()) }\nfunc main() {}\n",
            "m.go:6:74 user-agent UserAgent() ?value-not-decided",
        ),
        (
            "network interfaces",
            "-- m.go --\npackage main\nimport \"net\"\nfunc main() { all, _ := net.Interfaces(); if len(all) == 1 { } }\n",
            "m.go:3:25 interfaces net.Interfaces true",
        ),
        (
            "setting one's own",
            "-- m.go --\npackage main\nimport \"net/http\"\nfunc f(r *http.Request) { r.Header.Set(\"User-Agent\", \"me\") }\nfunc main() {}\n",
            "",
        ),
    ];
    check("source.test_sensing", fields, &cgo_off(), &table);
}
