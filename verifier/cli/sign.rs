//! `assize keygen`, `assize evidence sign` and `assize evidence verify`: keys, signatures, and what they are worth to whoever asks.

use crate::args::{Beside, StampingArg, TimestampArgs, Trusting};
use crate::done::{Done, NotDone};
use crate::{evidence, examine, interrupt, load, terminal};
use assize_clause::Contract;
use assize_evidence::{
    Pack, Plan, PrivateKey, PublicKey, Replay, Roots, SSH_NAMESPACE, SignError, Signed, Stamping, StampingError,
    Standing, Trusted, attach_stamp, contract_of, open_signatures, read_pack, sign, stamp_request, standing,
    write_pack,
};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Makes a key pair; nothing is ever overwritten.
pub fn keygen(file: &Path) -> Result<Done, NotDone> {
    let key = PrivateKey::generate().map_err(|e| NotDone::say(e.to_string()))?;
    let mut public_file = file.as_os_str().to_owned();
    public_file.push(".pub");
    let public_file = Path::new(&public_file);
    let public = key.public();
    // The public half first: where it cannot be written there is no private key lying about either.
    write_new(public_file, public.pem().as_bytes(), 0o644)?;
    if let Err(error) = write_new(file, key.pem().as_bytes(), 0o600) {
        // It belongs to no private key.
        let _ = fs::remove_file(public_file);
        return Err(error);
    }
    terminal::print(&format!(
        "{}\nfor a contract:  key = \"{}\"\nfor ssh-keygen:  * namespaces=\"{SSH_NAMESPACE}\" {}\n",
        public.fingerprint(),
        public.text(),
        public.ssh()
    ))?;
    Ok(Done::Good)
}

fn write_new(file: &Path, bytes: &[u8], mode: u32) -> Result<(), NotDone> {
    let made = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
    made.and_then(|mut to| to.write_all(bytes).and_then(|()| to.sync_all()))
        .map_err(|e| NotDone::say(format!("{}: {e}", file.display())))
}

/// A private key and who is to sign with it, read before anything is examined: a run of minutes must not end at a typing mistake.
pub struct Signing {
    key: PrivateKey,
    plan: Plan,
}

/// Which signatures will get a timestamp.
fn stamping(asked: Option<StampingArg>) -> Stamping {
    match asked {
        None => Stamping::None,
        Some(StampingArg::First) => Stamping::First,
        Some(StampingArg::All) => Stamping::All,
    }
}

impl Signing {
    pub fn read(file: &Path, beside: &Beside) -> Result<Signing, NotDone> {
        let text = zeroize::Zeroizing::new(examine::read_text(file)?);
        let text = std::str::from_utf8(&text).unwrap_or_default();
        let key = PrivateKey::parse(text).map_err(|e| {
            NotDone::help(format!("{}: {e}", file.display()), "`assize keygen FILE` makes a key that fits")
        })?;
        let others = beside.cosigner.iter().map(|file| public(file)).collect::<Result<_, _>>()?;
        Ok(Signing { key, plan: Plan { others, stamping: stamping(beside.timestamp) } })
    }

    pub fn sign(&self, pack: &mut Pack) -> Result<assize_evidence::Seat, NotDone> {
        sign(pack, &self.key, &self.plan).map_err(|e| NotDone::say(e.to_string()))
    }
}

fn public(file: &Path) -> Result<PublicKey, NotDone> {
    let text = examine::read_text(file)?;
    let text = String::from_utf8_lossy(&text);
    PublicKey::parse(&text).map_err(|e| NotDone::say(format!("{}: {e}", file.display())))
}

/// Adds a signature. What does not follow from its facts is not signed.
pub fn add(folder: &Path, key: &Path, beside: &Beside) -> Result<Done, NotDone> {
    let signing = Signing::read(key, beside)?;
    let mut pack = match read_pack(folder) {
        Ok((pack, _)) => pack,
        Err(error) => return evidence::wrong(&error),
    };
    let replay = evidence::open(folder)?;
    if let Some(difference) = evidence::difference(&replay) {
        terminal::print(&format!("NOT SIGNED: {}\n", crate::text::plain(&difference)))?;
        return Ok(Done::Bad);
    }
    let seat = match sign(&mut pack, &signing.key, &signing.plan) {
        Ok(seat) => seat,
        Err(SignError::Pack(error)) => return evidence::wrong(&error),
        Err(error) => return Err(NotDone::say(error.to_string())),
    };
    interrupt::while_writing(|cancelled| write_pack(folder, &pack, cancelled))
        .map_err(|error| NotDone::say(error.to_string()))?;
    terminal::print(&format!("signed as {} by {}\n", seat.name, signing.key.public().fingerprint()))?;
    Ok(Done::Good)
}

/// The same pack in another place or form; one that was changed is not copied.
pub fn copy(from: &Path, to: &Path) -> Result<Done, NotDone> {
    let (pack, manifest) = match read_pack(from) {
        Ok(read) => read,
        Err(error) => return evidence::wrong(&error),
    };
    interrupt::while_writing(|cancelled| write_pack(to, &pack, cancelled))
        .map_err(|error| NotDone::say(error.to_string()))?;
    terminal::print(&format!("{}\n", manifest.digest()))?;
    Ok(Done::Good)
}

/// The roots of timestamp authorities that count.
fn roots(files: &[PathBuf]) -> Result<Roots, NotDone> {
    let mut roots = Roots::default();
    for file in files {
        let wrong = |what: String| NotDone::say(format!("{}: {what}", file.display()));
        match roots.add(&examine::read_text(file)?) {
            Ok(0) => return Err(wrong("it holds no certificate in PEM".into())),
            Ok(_) => {}
            Err(error) => return Err(wrong(error)),
        }
    }
    Ok(roots)
}

/// Writes the request for a timestamp, or attaches what an authority answered.
pub fn timestamp(options: &TimestampArgs) -> Result<Done, NotDone> {
    let mut pack = match read_pack(&options.pack) {
        Ok((pack, _)) => pack,
        Err(error) => return evidence::wrong(&error),
    };
    let seat = options.seat.as_deref();
    let not_done = |error: StampingError| match error {
        StampingError::Pack(error) => evidence::wrong(&error),
        StampingError::Stamp(error) => {
            terminal::print(&format!("NOT ATTACHED: the answer {}\n", crate::text::plain(&error.to_string())))?;
            Ok(Done::Bad)
        }
        other => Err(NotDone::say(other.to_string())),
    };
    if let Some(file) = &options.request {
        return match stamp_request(&pack, seat) {
            Ok((seat, request)) => {
                fs::write(file, request).map_err(|e| NotDone::say(format!("{}: {e}", file.display())))?;
                terminal::print(&format!("wrote the request for a timestamp of {}\n", seat.envelope()))?;
                Ok(Done::Good)
            }
            Err(error) => not_done(error),
        };
    }
    let roots = roots(&options.timestamp_root)?;
    let answer = options.attach.as_deref().map(examine::read_text).transpose()?.unwrap_or_default();
    match attach_stamp(&mut pack, seat, &answer, &roots) {
        Ok((seat, stamp)) => {
            interrupt::while_writing(|cancelled| write_pack(&options.pack, &pack, cancelled))
                .map_err(|error| NotDone::say(error.to_string()))?;
            let authority = crate::text::plain(&stamp.authority);
            terminal::print(&format!("the signature of {} existed at {}, says {authority}\n", seat.name, stamp.at))?;
            Ok(Done::Good)
        }
        Err(error) => not_done(error),
    }
}

pub fn verify(folder: &Path, by: &Trusting) -> Result<Done, NotDone> {
    let mut trusted = Vec::new();
    let roots = roots(&by.timestamp_root)?;
    for file in &by.key {
        trusted.push(Trusted { key: public(file)?, role: None, name: file.display().to_string() });
    }
    let (pack, manifest) = match read_pack(folder) {
        Ok(read) => read,
        Err(error) => return evidence::wrong(&error),
    };
    if let Some(file) = &by.contract
        && let Err(done) = by_contract(&pack, file, &mut trusted)?
    {
        return Ok(done);
    }
    let signed = match open_signatures(&pack) {
        Ok(signed) => signed,
        Err(error) => return evidence::wrong(&error),
    };
    let files = pack.files().count();
    let mut text = format!("{files} files are as the manifest {} says\n", manifest.digest());
    text.push_str(&who_signed(signed.as_ref()));
    let (words, mut done) = worth(&standing(signed.as_ref(), &trusted, &roots));
    text.push_str(&format!("{words}\n"));
    if done != Done::Bad {
        match assize_evidence::replay(pack, manifest) {
            Ok(replay) => done = follows(&replay, &mut text, done),
            Err(error) => return evidence::wrong(&error),
        }
    }
    terminal::print(&text)?;
    Ok(done)
}

/// Whoever signs can write a verdict that the facts do not bear out. Another version may judge otherwise for a good reason; this one may not.
fn follows(replay: &Replay, text: &mut String, done: Done) -> Done {
    let Some(difference) = evidence::difference(replay) else {
        text.push_str("the verdicts follow from the recorded facts\n");
        return done;
    };
    let difference = crate::text::plain(&difference);
    let tool = &replay.record.tool;
    if tool.version == env!("CARGO_PKG_VERSION") {
        text.push_str(&format!("NOT SOUND: its verdicts do not follow from its facts: {difference}\n"));
        return Done::Bad;
    }
    let version = crate::text::plain(&tool.version);
    text.push_str(&format!("not known to be sound: {} {version} judged otherwise: {difference}\n", tool.name));
    Done::Incomplete
}

/// The keys of the contract in hand, which has to be the one that the pack was judged by, in the wordings that were agreed.
/// The inner `Err` is a verdict.
fn by_contract(pack: &Pack, file: &Path, trusted: &mut Vec<Trusted>) -> Result<Result<(), Done>, NotDone> {
    let judged_by = match contract_of(pack, "contract.toml", pack.get("contract.toml").unwrap_or_default()) {
        Ok(contract) => contract,
        Err(error) => return evidence::wrong(&error).map(Err),
    };
    let text = examine::read_text(file)?;
    let name = file.display().to_string();
    let (agreed, own) = match load::contract(Some(file), None) {
        Ok(contract) => (contract, true),
        // Its libraries are not here, or have moved on. What it fixes the wordings by is enough, if the pack's clauses have them.
        Err(mistakes) => match contract_of(pack, &name, &text) {
            Ok(contract) if fixed(&text, &contract) => (contract, false),
            _ => return Err(mistakes),
        },
    };
    if agreed.digest != judged_by.digest {
        let words = format!(
            "NOT SOUND: it was judged by the contract {} {}, which is not {name} {}",
            judged_by.id, judged_by.digest.0, agreed.digest.0
        );
        terminal::print(&format!("{}\n", crate::text::plain(&words)))?;
        return Ok(Err(Done::Bad));
    }
    if own && let Some(done) = other_wording(&agreed, &judged_by, &text)? {
        return Ok(Err(done));
    }
    for party in &agreed.parties {
        let Some(key) = &party.key else { continue };
        let key = PublicKey::parse(key).map_err(|e| NotDone::say(format!("{name}: the key of {}: {e}", party.name)))?;
        trusted.push(Trusted {
            key,
            role: Some(assize_evidence::role_word(party.role).into()),
            name: party.name.clone(),
        });
    }
    Ok(Ok(()))
}

/// Whether a contract's text holds the wording digest of every clause.
fn fixed(text: &[u8], contract: &Contract) -> bool {
    let text = String::from_utf8_lossy(text);
    contract.clauses.iter().all(|clause| text.contains(&clause.wording_digest.0))
}

/// A pack brings its own clause files. Where the contract does not fix their wordings, they have to be those of its libraries here:
/// else a weaker clause of the same name would do.
fn other_wording(agreed: &Contract, judged_by: &Contract, text: &[u8]) -> Result<Option<Done>, NotDone> {
    if fixed(text, judged_by) {
        return Ok(None);
    }
    let differs = agreed.clauses.iter().find(|ours| {
        let theirs = judged_by.clauses.iter().find(|theirs| theirs.id == ours.id && theirs.library == ours.library);
        theirs.is_none_or(|theirs| theirs.wording_digest != ours.wording_digest)
    });
    let Some(differs) = differs else { return Ok(None) };
    let words = format!(
        "not known to be sound: the clause {} was judged by another wording than the contract's library here has ({}), and the contract fixes none; \
         `assize annex` prints the lines that do",
        differs.id, differs.wording_digest.0
    );
    terminal::print(&format!("{}\n", crate::text::plain(&words)))?;
    Ok(Some(Done::Incomplete))
}

fn who_signed(signed: Option<&Signed>) -> String {
    let Some(signed) = signed else { return String::new() };
    let stamp = |seat: &assize_evidence::Seat| {
        let (_, stamp) = signed.stamps().find(|(stamped, _)| stamped.name == seat.name)?;
        Some(format!("  timestamped {} by {}\n", stamp.at, crate::text::plain(&stamp.authority)))
    };
    let line = |seat: &assize_evidence::Seat| {
        let key = PublicKey::parse(&seat.key).map(|key| key.fingerprint()).unwrap_or_default();
        let party = seat.party.as_ref().map(|name| format!(" ({})", crate::text::plain(name))).unwrap_or_default();
        format!("signed as {}{party} by {key}\n{}", seat.name, stamp(seat).unwrap_or_default())
    };
    signed.signers().map(line).collect()
}

fn worth(standing: &Standing) -> (String, Done) {
    match standing {
        Standing::Good => ("sound: everyone who is to sign has signed".into(), Done::Good),
        Standing::Unsigned => ("consistent, not protected: nobody signed it".into(), Done::Incomplete),
        Standing::SignerUnknown => {
            ("intact, signer unknown: --contract or --key says whose signatures count".into(), Done::Incomplete)
        }
        Standing::Awaits(missing) => {
            (format!("sound, not complete: {}", crate::text::plain(&missing.join("; "))), Done::Incomplete)
        }
        Standing::Stranger(why) => (format!("NOT SOUND: {}", crate::text::plain(why)), Done::Bad),
    }
}
