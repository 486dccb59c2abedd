//! What the delivered Go source says. Every item has `file`, `line`, `column` by its origin, and `owner`, `package`, `function`.

use crate::kinds::process::FilterAction;
use crate::{Fact, KindSchema, Known, Millis, TlsVersion, fact, vocabulary};

vocabulary! {
    /// Whose code it is: the main module (its repository and organisation included), a local replacement, or a dependency.
    pub enum Owner { Main = "main", LocalReplace = "local-replace", Dependency = "dependency" }
}

vocabulary! {
    /// A file's part in the declared build (go/build, Go 1.26: `go list -json`).
    pub enum Fate {
        Built = "built", CgoFile = "cgo-file", Test = "test", IgnoredConstraint = "ignored-constraint", IgnoredName = "ignored-name",
        IgnoredCgo = "ignored-cgo", Outside = "outside-build", NotImported = "not-imported", NestedModule = "nested-module", Unreadable = "unreadable",
    }
}

vocabulary! {
    /// The language of a source file, by its ending as the Go command sees it.
    pub enum Language {
        Go = "go", Assembly = "assembly", C = "c", Cxx = "c++", ObjectiveC = "objective-c", Header = "header", Fortran = "fortran",
        Swig = "swig", Syso = "syso",
    }
}

fact! {
    /// One source file and its part in the build for the declared platform and tags.
    pub struct SourceFile = "source.files", layers [Source], counts "source-files" {
        /// Import path of its package.
        package: String,
        /// Whose code it is.
        owner: Owner,
        /// Its language.
        language: Language,
        /// Its part in the build.
        fate: Known<Fate>,
        /// Why, in the words of the Go command's rules (`build constraint`, `file name`).
        why: String,
        /// A Go file that imports "C".
        imports_c: Known<bool>,
        /// Marked as generated (`// Code generated … DO NOT EDIT.`).
        generated: bool,
    }
}

vocabulary! {
    /// The shape in which C or foreign code enters a build.
    pub enum CgoForm {
        Import = "import-c", Pragma = "cgo-pragma", Linkname = "linkname-runtime-cgo", Syso = "syso", Assembly = "assembly",
        CFile = "c-file", Loader = "run-time-loader", Embedded = "embedded-executable",
    }
}

fact! {
    /// A place where C, assembly or foreign machine code enters or could enter the build.
    pub struct CgoImport = "source.cgo_imports", layers [Source], counts "source-files" {
        /// Import path of its package.
        package: String,
        /// Whose code it is.
        owner: Owner,
        /// The shape.
        form: CgoForm,
        /// Whether the delivered build compiles, links or embeds it. With `import "C"` this is what the build *would* do with cgo on.
        in_build: Known<bool>,
        /// The import path, pragma or file that is meant.
        detail: String,
    }
}

vocabulary! {
    pub enum TlsRole { Server = "server", Client = "client" }
}

fact! {
    /// One TLS configuration: a `tls.Config` value, or a call that makes a server with the default one.
    pub struct TlsConfig = "source.tls_configs", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// The enclosing function, as in `(*Server).Start`; null at package level.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// What it is used as.
        role: Known<TlsRole>,
        /// The lowest version it accepts, the default in force where none is stated.
        min_version: Known<TlsVersion>,
        /// Whether a lowest version is stated at all.
        min_stated: Known<bool>,
        /// The highest version it accepts; null where none is stated.
        max_version: Known<Option<TlsVersion>>,
        /// Whether a callback (`GetConfigForClient`) can replace it per connection.
        callback: Known<bool>,
        /// Its shape: `literal`, `new`, `zero`, `default`, `clone`, `factory`, `field`, `assigned`, `options` (a framework makes it of those); `given` where a server is given one that nobody was seen to make.
        form: String,
    }
}

vocabulary! {
    pub enum Transport { Tls = "tls", Plain = "plain", Udp = "udp", Unix = "unix" }
}

fact! {
    /// A call that opens a listening socket.
    pub struct Listener = "source.listeners", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// The enclosing function.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// The call, as in `http.ListenAndServe`.
        call: String,
        /// What speaks on it.
        transport: Known<Transport>,
        /// The address as far as the source tells; null for the default.
        address: Known<Option<String>>,
    }
}

fact! {
    /// A call that arranges what happens on a signal.
    pub struct SignalHandler = "source.signal_handlers", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// The enclosing function.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// `notify`, `notify-context`, `ignore` or `reset`.
        call: String,
        /// Signal names, as in `SIGUSR2`. A call that asks for every signal has all of Linux; one that ignores or resets every signal has none.
        signals: Known<Vec<String>>,
        /// Whether the channel is received from anywhere in the package; null where the call has none, false also where nobody calls the function, or the next call takes the channel or the signals away again.
        channel_read: Known<Option<bool>>,
    }
}

vocabulary! {
    pub enum Stream { Stdout = "stdout", Stderr = "stderr", Other = "other" }
}

fact! {
    /// A call that writes a line which is not a structured record to a standard stream.
    pub struct LogCall = "source.log_calls", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// The enclosing function.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// The call, as in `log.Printf`.
        call: String,
        /// Where it writes.
        stream: Known<Stream>,
        /// Whether the standard logger is bridged to a structured one in the program (`slog.SetDefault`, `log.SetOutput`).
        bridged: Known<bool>,
    }
}

fact! {
    /// A registration of a handler for a health path.
    pub struct HealthHandler = "source.health_handlers", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// The enclosing function.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// The path, as in `/healthz`.
        path: Known<String>,
        /// The call that registers it.
        call: String,
    }
}

fact! {
    /// A place where a seccomp filter is loaded or made.
    pub struct SeccompLoad = "source.seccomp_loads", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// The enclosing function.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// The library's import path, or `prctl`/`seccomp` for a raw call.
        library: String,
        /// The call.
        call: String,
        /// Whether the call is passed before the program listens, by the order of the calls in its function and in those that lead there; false where a call that listens stands before it.
        before_listening: Known<bool>,
    }
}

vocabulary! {
    /// What a deployment file says of a container's seccomp profile.
    pub enum ProfileForm {
        /// A delivered profile.
        File = "file",
        /// Nothing at all.
        Nothing = "nothing",
        /// The container runtime's own, which is not delivered.
        RuntimeDefault = "runtime-default",
        Unconfined = "unconfined",
        /// Every confinement is switched off.
        Privileged = "privileged",
        /// A profile that was not delivered.
        Missing = "missing",
    }
}

fact! {
    /// A delivered seccomp profile, or what a delivered deployment file says of a container: for a profile that it gives to the container an item for each call that the clause names, in each numbering of the machine.
    pub struct SeccompProfile = "source.seccomp_profiles", layers [Source], counts "deployment-files", with ["deny"] {
        /// The container, as in `Deployment auth-api, container app`; empty for a profile that no container is started with.
        container: String,
        /// The delivered profile, or null.
        profile: Option<String>,
        /// What is asked for; not known where a template or a variable decides.
        form: Known<ProfileForm>,
        /// Whether the container is the service's.
        used: Known<bool>,
        /// The call; null where the item is not about one.
        syscall: Option<String>,
        /// Numbering: `x86_64`, `i386`, `x32`, `aarch64`, `arm`.
        arch: Option<String>,
        /// The weakest action of the profile for any arguments.
        action: Known<Option<FilterAction>>,
        /// Whether that action keeps the call from being executed.
        denied: Known<bool>,
    }
}

vocabulary! {
    pub enum SettingSource {
        GoLine = "go-line", GodebugLine = "godebug-line", GoDebugDirective = "go:debug", Setenv = "os.Setenv", Call = "call",
        Assignment = "assignment", Default = "toolchain-default",
    }
}

fact! {
    /// A setting of the Go runtime that source or modules bring: GODEBUG, garbage collector, profile rates.
    pub struct RuntimeSetting = "source.runtime_settings", layers [Source], counts "go-files" {
        /// Import path of its package; the module path for go.mod.
        package: String,
        /// Whose code it is.
        owner: Owner,
        /// Where it comes from.
        from: SettingSource,
        /// Its name, as in `tls10server`, `GOGC`, `SetCPUProfileRate`, `MemProfileRate`; `GODEBUG` where its value is not known.
        name: String,
        /// Its value as text.
        value: Known<String>,
    }
}

fact! {
    /// The functions that one Go file of the build declares, or one of its assembly files (and what that includes) defines, with the lines on which they stand. Of a module whose vulnerable code a program is said not to
    /// hold, and whose source is not in the tree, also its files for any platform, where contents are at hand that have go.sum's sum.
    pub struct Declarations = "source.declarations", layers [Source], counts "source-files" {
        /// Import path of its package (`main` packages by their folder's path too).
        package: String,
        /// Whose code it is.
        owner: Owner,
        /// Whether the package clause says `main`.
        is_main: bool,
        /// Functions and methods as the linker names them without the package: `Serve`, `(*Server).Start`, `T.String`; `init` for each init function.
        names: Vec<String>,
        /// The line of each one's `func` keyword.
        lines: Vec<u32>,
        /// The last line of each.
        end_lines: Vec<u32>,
        /// `//line` directives in the file that rename its positions.
        line_directives: Vec<String>,
        /// Names of other packages, or of none, that `//go:linkname` gives to functions of the file, as the linker writes them; or that assembly does.
        given: Vec<String>,
        /// The line of the `func` keyword of each of these functions.
        given_lines: Vec<u32>,
        /// Whether it is an assembly file: the lines are those of `TEXT`, and of a macro, where it is called.
        assembly: bool,
    }
}

fact! {
    /// An HTTP client or transport that the program makes, with its time-outs and its pool; or a use of net/http's own.
    pub struct HttpClient = "source.http_clients", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// The enclosing function; null at package level.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// `client`, `transport`, `default-client` (`http.Get`, `http.DefaultClient`), `default-transport`.
        made: String,
        /// `Timeout` of a client; null where none is set (it waits for ever), and for a transport.
        timeout: Known<Option<Millis>>,
        /// `IdleConnTimeout` of a transport; null for none.
        idle_timeout: Known<Option<Millis>>,
        /// `ResponseHeaderTimeout` of a transport; null for none.
        header_timeout: Known<Option<Millis>>,
        /// `TLSHandshakeTimeout` of a transport; null for none.
        handshake_timeout: Known<Option<Millis>>,
        /// `MaxIdleConns` of a transport; null for no limit.
        max_idle: Known<Option<i64>>,
        /// `MaxIdleConnsPerHost` of a transport; 2 where none is set.
        max_idle_per_host: Known<Option<i64>>,
        /// `MaxConnsPerHost` of a transport; null for no limit.
        max_per_host: Known<Option<i64>>,
        /// `DisableKeepAlives` of a transport: a connection for each request.
        no_reuse: Known<Option<bool>>,
    }
}

fact! {
    /// A place where the profiler is put behind HTTP, or told to write.
    pub struct Pprof = "source.pprof", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// The enclosing function; null at package level.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// `import` (net/http/pprof puts itself on the default mux), `handler`, `library`, `variables` (expvar's, on the default mux or by its handler), `profile` (written by the program itself).
        form: String,
        /// The name that is used, or the import path.
        call: String,
        /// Whether it answers on a mux that is served: of an import, whether the program serves the default mux.
        exposed: Known<bool>,
    }
}

vocabulary! {
    /// How a program steps around Go's types.
    pub enum UnsafeForm { Pointer = "unsafe", Reflect = "reflect", Linkname = "linkname" }
}

fact! {
    /// A place where the program steps around Go's types or names: `unsafe`, `reflect`'s back doors, `//go:linkname`.
    pub struct UnsafePointer = "source.unsafe_pointers", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// The enclosing function; null at package level.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// By what.
        form: UnsafeForm,
        /// The name that is used, or the directive.
        detail: String,
    }
}

fact! {
    /// A place where the program starts another one, becomes another one, or loads code.
    pub struct ExecCall = "source.exec_calls", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// The enclosing function; null at package level.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// `start`, `replace` (the process becomes the other program), `plugin`.
        form: String,
        /// The call, as in `exec.Command`.
        call: String,
        /// The program or the plugin, as written.
        program: Known<String>,
    }
}

fact! {
    /// A pattern of `//go:embed` in the build, with what it brings into the program.
    pub struct Embed = "source.embeds", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// Whose code it is.
        owner: Owner,
        /// The pattern.
        pattern: String,
        /// How many delivered files it means; unknown where none was delivered.
        files: Known<u64>,
        /// Those that hold machine code, archives' members included.
        executables: Vec<String>,
        /// Those whose content cannot be told.
        opaque: Vec<String>,
    }
}

vocabulary! {
    /// What a program looks at that tells an examiner from anyone else.
    pub enum SensingForm { TracerPid = "tracer-pid", UserAgent = "user-agent", Interfaces = "interfaces" }
}

fact! {
    /// A place where the program looks at what tells an examiner from anyone else.
    pub struct TestSensing = "source.test_sensing", layers [Source], counts "go-files" {
        /// Import path of its package.
        package: String,
        /// The enclosing function; null at package level.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// What it looks at.
        form: SensingForm,
        /// The name or text that is used.
        detail: String,
        /// Whether what was read decides a branch there; unknown where it goes elsewhere.
        decides: Known<bool>,
    }
}

fact! {
    /// A match of the check's tree-sitter query. Each of the query's captures is a field of its own, the text that it captured.
    pub struct Match = "source.matches", layers [Source], counts "go-files", with ["query"] {
        /// Import path of its package.
        package: String,
        /// The enclosing function; null at package level.
        function: Option<String>,
        /// Whose code it is.
        owner: Owner,
        /// Which of the query's patterns it is, from 0.
        pattern: u32,
    }
}

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![
        HttpClient::schema(),
        Pprof::schema(),
        UnsafePointer::schema(),
        ExecCall::schema(),
        Embed::schema(),
        TestSensing::schema(),
        Match::schema(),
        SourceFile::schema(),
        CgoImport::schema(),
        TlsConfig::schema(),
        Listener::schema(),
        SignalHandler::schema(),
        LogCall::schema(),
        HealthHandler::schema(),
        SeccompLoad::schema(),
        SeccompProfile::schema(),
        RuntimeSetting::schema(),
        Declarations::schema(),
    ]
}
