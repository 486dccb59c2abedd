//! The command line: every command and option, and nothing of what they do.

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// Checks the technical clauses of a contract against what a supplier of Go software hands over.
///
/// Exit status: 0 accepted, or the thing checked is good; 1 rejected, or bad; 2 incomplete: could not tell;
/// 3 not done: wrong usage, a mistake in a contract or clause file, unreadable input; 130 or 143 interrupted.
#[derive(Debug, Parser)]
#[command(name = "assize", version, propagate_version = true, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Examine a deliverable against a contract and say which clauses pass, fail or could not be decided
    Verify(Box<Verify>),
    /// Look at a Go repository and write the deliverable.toml it would need, every guess marked
    Init(Init),
    /// The clause library
    #[command(subcommand)]
    Clause(ClauseCommand),
    /// The contract's technical annex: the wording of every clause with the parameters agreed, in both languages, and its digest
    Annex(AnnexArgs),
    /// Only collect facts and print them
    Facts(Facts),
    /// Evidence packs
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Make an Ed25519 key pair: FILE (private, PEM) and FILE.pub
    Keygen { file: PathBuf },
    /// Dated data (Go releases, the vulnerability database), and the modules that a deliverable names
    #[command(subcommand)]
    Data(DataCommand),
    /// Play the known attacks against a compliant deliverable and print which were caught
    Drill(Drill),
    /// Print what a shell needs to complete commands and options
    Completions { shell: Shell },
    /// Print the manual, or write a page for every command into a folder
    Manual {
        /// The folder for assize.1, assize-verify.1 and so on; it is made where it is missing
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
}

/// Where clauses and what the run may do come from; shared by `verify` and `facts`.
#[derive(Debug, Args)]
pub struct Collecting {
    /// The layers to examine
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = [LayerArg::Source, LayerArg::Binary, LayerArg::Runtime])]
    pub layer: Vec<LayerArg>,
    /// Contents of modules, as a module cache or a folder in GOPROXY layout
    #[arg(long, value_name = "PATH")]
    pub modules: Vec<PathBuf>,
    #[command(flatten)]
    pub dated: Dated,
    /// A secret of `[run] secret`, read from a file; random where not given
    #[arg(long, value_name = "NAME=@FILE")]
    pub secret: Vec<String>,
    /// Run the supplier's binaries without the sandbox
    #[arg(long)]
    pub trust_deliverable: bool,
    #[command(flatten)]
    pub named: Named,
    /// Threads of the static layers; 0: one per core
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub jobs: usize,
    /// No progress
    #[arg(short, long)]
    pub quiet: bool,
    /// Every step
    #[arg(short, long)]
    pub verbose: bool,
}

/// What already runs, named by the operator: a deliverable cannot do that.
#[derive(Clone, Debug, Default, Args)]
pub struct Named {
    /// Examine this running process; the service is not started then
    #[arg(long, value_name = "N")]
    pub pid: Option<u32>,
    /// Examine what already answers at this URL as the endpoint NAME (repeatable); the service is not started then
    #[arg(long, value_name = "NAME=URL")]
    pub endpoint: Vec<String>,
    /// The real server, host:port, of a dependency of [run] (repeatable); a proxy stands before it, and faults happen there
    #[arg(long, value_name = "NAME=ADDRESS")]
    pub dep: Vec<String>,
    /// Allow load and signals on what already runs, as far as the contract's [consent] goes
    #[arg(long)]
    pub disturb: bool,
}

/// Dated data that is named for one run.
#[derive(Clone, Debug, Default, Args)]
pub struct Dated {
    /// The Go vulnerability database, a zip or folder, instead of the imported one
    #[arg(long, value_name = "PATH")]
    pub vulndb: Option<PathBuf>,
    /// A table of Go releases instead of the imported or built-in one
    #[arg(long, value_name = "PATH")]
    pub go_releases: Option<PathBuf>,
}

impl Collecting {
    /// All layers, and nothing said.
    pub fn silent(dated: &Dated) -> Collecting {
        Collecting {
            layer: vec![LayerArg::Source, LayerArg::Binary, LayerArg::Runtime],
            modules: Vec::new(),
            dated: dated.clone(),
            secret: Vec::new(),
            trust_deliverable: false,
            named: Named::default(),
            jobs: 0,
            quiet: true,
            verbose: false,
        }
    }
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The deliverable's folder
    #[arg(default_value = ".")]
    pub deliverable: PathBuf,
    /// The contract; without it, the built-in contract `standard` holds every clause of the library
    #[arg(long, value_name = "FILE")]
    pub contract: Option<PathBuf>,
    /// Only this clause (repeatable); the run is then at best incomplete
    #[arg(long, value_name = "ID")]
    pub clause: Vec<String>,
    #[command(flatten)]
    pub collecting: Collecting,
    /// human, json, sarif, sarif-failures, junit, oscal, markdown, html or pdf; `json=FILE` writes it there (repeatable)
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub format: Vec<String>,
    /// Write the evidence pack into this folder, or as one file where the name ends in .tar
    #[arg(long, value_name = "DIR|FILE.tar", conflicts_with = "no_pack")]
    pub pack: Option<PathBuf>,
    /// Sign the pack with this private key (`assize keygen` makes one)
    #[arg(long, value_name = "KEYFILE", requires = "pack")]
    pub sign: Option<PathBuf>,
    #[command(flatten)]
    pub beside: Beside,
    /// Write no pack (the default)
    #[arg(long)]
    pub no_pack: bool,
    /// Judge for this date
    #[arg(long, value_name = "RFC3339")]
    pub at: Option<String>,
    /// Waivers in a file of their own
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// What turns the exit status bad: `rejected` lets an incomplete run end with 0
    #[arg(long, value_enum, default_value_t = Gate::Incomplete)]
    pub gate: Gate,
    /// Print what would be done and how long it takes, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The language of the report; default: the contract's
    #[arg(long, value_enum)]
    pub lang: Option<LangArg>,
}

/// What the first signature lays down; later ones cannot change it.
#[derive(Debug, Args)]
pub struct Beside {
    /// A public key that is to sign later beside the contract's parties (repeatable); only with the first signature
    #[arg(long, value_name = "FILE.pub")]
    pub cosigner: Vec<PathBuf>,
    /// A timestamp (RFC 3161) of the first signature, or of all, belongs to the pack and will be attached by `assize evidence timestamp`;
    /// only with the first signature
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "first", require_equals = true)]
    pub timestamp: Option<StampingArg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StampingArg {
    First,
    All,
}

/// Whose word counts.
#[derive(Debug, Args)]
pub struct Trusting {
    /// The contract as agreed: the pack must have been judged by it, and its parties' keys count
    #[arg(long, value_name = "FILE")]
    pub contract: Option<PathBuf>,
    /// A public key that counts (repeatable): PEM, `ed25519:…` or an SSH public key in a file
    #[arg(long, value_name = "FILE.pub")]
    pub key: Vec<PathBuf>,
    /// Certificates (PEM) of the roots whose timestamp authorities count (repeatable)
    #[arg(long, value_name = "FILE.pem")]
    pub timestamp_root: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["request", "attach"])))]
pub struct TimestampArgs {
    pub pack: PathBuf,
    /// Write the request (`TimeStampReq`, DER) into this file; send it to an authority, as by
    /// `curl -H 'Content-Type: application/timestamp-query' --data-binary @FILE.tsq URL -o FILE.tsr`
    #[arg(long, value_name = "FILE.tsq")]
    pub request: Option<PathBuf>,
    /// Check what the authority answered (`TimeStampResp`, DER) and put it into the pack
    #[arg(long, value_name = "FILE.tsr")]
    pub attach: Option<PathBuf>,
    /// Whose signature, where several wait: `buyer`, `supplier`, `witness`, …
    #[arg(long, value_name = "NAME")]
    pub seat: Option<String>,
    /// Certificates (PEM) of the roots that the authority must be below (repeatable)
    #[arg(long, value_name = "FILE.pem")]
    pub timestamp_root: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct AnnexArgs {
    #[arg(long, value_name = "FILE")]
    pub contract: PathBuf,
    /// markdown, html or pdf (by a Chromium that is present); `html=FILE` writes it there
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "markdown")]
    pub format: String,
}

#[derive(Debug, Args)]
pub struct Init {
    /// The repository's folder
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Print to standard output instead of writing deliverable.toml
    #[arg(long)]
    pub print: bool,
}

#[derive(Debug, Args)]
pub struct Facts {
    /// The deliverable's folder
    pub deliverable: Option<PathBuf>,
    /// Only this kind (repeatable)
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<String>,
    /// Print the reference of all kinds instead
    #[arg(long)]
    pub kinds: bool,
    #[command(flatten)]
    pub collecting: Collecting,
}

#[derive(Debug, Subcommand)]
pub enum ClauseCommand {
    /// The clauses of the library, a line each
    List(OutputArg),
    /// The contract wording of a clause with its parameters' defaults
    Show(ClauseId),
    /// How a clause is checked, in words
    Explain(ClauseId),
    /// Check clause, contract and deliverable files for mistakes
    Check {
        /// A clause library, a clause folder, a contract.toml or a deliverable.toml; default: the built-in library
        path: Option<PathBuf>,
    },
    /// Run the examples beside the clauses
    Test {
        /// A clause library or a clause folder; default: the built-in library
        path: Option<PathBuf>,
        #[command(flatten)]
        output: OutputArg,
    },
    /// Write a stub of a new clause folder
    New {
        id: String,
        /// Where the folder is made
        #[arg(long, default_value = ".")]
        into: PathBuf,
    },
    /// JSON Schemas of the file formats
    Schema {
        /// `clause`, `contract`, `deliverable`, `result`, `pack` (its manifest) or `evaluation` (what signers sign), …
        name: String,
    },
}

#[derive(Debug, Args)]
pub struct OutputArg {
    #[arg(long, value_enum, default_value_t = Plain::Human)]
    pub format: Plain,
}

#[derive(Debug, Args)]
pub struct ClauseId {
    pub id: String,
    #[arg(long, value_enum)]
    pub lang: Option<LangArg>,
}

#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Check every byte of a pack and every signature, and name the first thing that is wrong
    ///
    /// Exit status: 0 everyone who is to sign has signed and is trusted by --contract or --key; 1 changed, signed by a stranger, or its verdicts
    /// do not follow from its facts;
    /// 2 sound, but not signed (`consistent, not protected`), nobody said whom to trust (`intact, signer unknown`), or a signature or
    /// timestamp that belongs to it is missing or not known to count; 3 the contract's wordings are not those of its libraries.
    Verify {
        pack: PathBuf,
        #[command(flatten)]
        trusting: Trusting,
    },
    /// Write a pack in its other form: one file where the name ends in .tar, else a folder
    Copy { pack: PathBuf, to: PathBuf },
    /// Add a signature to a pack, after deriving its verdicts again
    Sign {
        pack: PathBuf,
        /// The private key
        key: PathBuf,
        #[command(flatten)]
        beside: Beside,
    },
    /// Write the request for a timestamp of a signature (RFC 3161), or attach the answer
    Timestamp(TimestampArgs),
    /// Summarise a pack, or give its report again in any format
    Show {
        pack: PathBuf,
        /// As of `verify`: human, json, sarif, sarif-failures, junit, oscal, markdown, html or pdf; `json=FILE` writes it there (repeatable)
        #[arg(long, value_name = "FORMAT[=FILE]")]
        format: Vec<String>,
        #[arg(long, value_enum)]
        lang: Option<LangArg>,
    },
    /// Derive every verdict again from the recorded facts and compare it byte for byte
    Replay {
        pack: PathBuf,
        /// `human` or `json`: the replayed result
        #[arg(long, value_enum, default_value_t = Plain::Human)]
        format: Plain,
    },
    /// What two packs disagree on, and whether the deliverable, the clause, a waiver, dated data or the environment is why
    Diff {
        first: PathBuf,
        second: PathBuf,
        #[command(flatten)]
        output: OutputArg,
    },
}

#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// The data that a run would use now: where it is from, until when it is complete, how old that is
    List(OutputArg),
    /// Keep a table of Go releases (TOML) or the vulnerability database (zip) for later runs
    Import {
        file: PathBuf,
        /// When the database was known to be the newest; without it, it is as old as its last change
        #[arg(long, value_name = "RFC3339")]
        as_of: Option<String>,
    },
    /// Fetch the modules that a deliverable's go.sum names, and their records of the checksum database; this uses the network
    ///
    /// Asks the Go module proxies of GOPROXY (default https://proxy.golang.org,direct; file:// too), save for modules that GONOPROXY,
    /// GONOSUMDB or GOPRIVATE name. The folder has the layout of a proxy: give it to `assize verify --modules DIR`, which needs no network.
    /// Exit status: 0 everything is there; 2 something was not to be had.
    Fetch {
        /// The deliverable's folder
        deliverable: PathBuf,
        /// Where to; what is there already stays
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
        /// No progress
        #[arg(short, long)]
        quiet: bool,
    },
    /// Fetch both from where the Go project publishes them; this uses the network
    Update {
        /// Where the release history is
        #[arg(long, value_name = "URL", default_value = assize_data::RELEASES_URL)]
        go_releases_url: String,
        /// Where the database's zip is
        #[arg(long, value_name = "URL", default_value = assize_data::DATABASE_URL)]
        vulndb_url: String,
    },
}

#[derive(Debug, Args)]
pub struct Drill {
    /// A compliant deliverable with its contract.toml beside it
    pub deliverable: PathBuf,
    /// Only attacks on this clause
    #[arg(long, value_name = "ID")]
    pub clause: Vec<String>,
    /// Only these attacks, by the names of their files without `.toml`
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub attack: Vec<String>,
    /// Attacks played at the same time; more than one suits those on running services, which wait a lot
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub jobs: usize,
    /// Judge for this date
    #[arg(long, value_name = "RFC3339")]
    pub at: Option<String>,
    #[command(flatten)]
    pub dated: Dated,
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LayerArg {
    Source,
    Binary,
    Runtime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Gate {
    Incomplete,
    Rejected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    En,
    Zh,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Plain {
    Human,
    Json,
}
