//! The page as a PDF, printed by a Chromium that is on this machine. Its bytes differ from run to run: the page is the document, the PDF a copy.

use crate::done::NotDone;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Names under which Chromium and its kin are installed.
const NAMES: &[&str] =
    &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];

/// Ten thousand findings print in well under a minute.
const LONGEST: Duration = Duration::from_secs(180);

/// A program that prints.
pub struct Printer(PathBuf);

impl Printer {
    /// Looks on `PATH`; before any work, since a run of minutes must not end at a missing program.
    pub fn find() -> Result<Printer, NotDone> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = std::env::split_paths(&path).filter(|p| p.is_absolute()).collect();
        let candidates = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        let found = candidates.into_iter().find(|file| file.is_file());
        found.map(Printer).ok_or_else(|| {
            NotDone::help(
                "a PDF is printed by Chromium, and there is none on PATH",
                "install it (chromium, fonts-noto-cjk), or write --format html=FILE and print that from any browser",
            )
        })
    }

    /// Prints a page into `target`, unless it is cancelled on the way.
    pub fn print(&self, page: &str, target: &Path, cancelled: &dyn Fn() -> bool) -> Result<(), NotDone> {
        let place = Place::make()?;
        let (html, pdf) = (place.0.join("report.html"), place.0.join("report.pdf"));
        fs::write(&html, page)?;
        let status = finish(self.start(&place.0, &html, &pdf)?, cancelled)?;
        let bytes = fs::read(&pdf).unwrap_or_default();
        if !bytes.starts_with(b"%PDF-") {
            return Err(NotDone::say(format!("{} printed no PDF ({status})", self.0.display())));
        }
        fs::write(target, bytes).map_err(|e| NotDone::say(format!("{}: {e}", target.display())))
    }

    fn start(&self, place: &Path, html: &Path, pdf: &Path) -> Result<Child, NotDone> {
        let mut command = Command::new(&self.0);
        command.args([
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-extensions",
            "--disable-sync",
            "--disable-component-update",
            "--disable-background-networking",
            "--disable-dev-shm-usage",
            // Nothing of the page asks for anything; if it did, its own policy forbids it, and no name would resolve.
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--no-pdf-header-footer",
        ]);
        // SAFETY: geteuid(2) only reads.
        if unsafe { libc::geteuid() } == 0 {
            // Chromium's own sandbox refuses to work for root.
            command.arg("--no-sandbox");
        }
        command.arg(format!("--user-data-dir={}", place.join("profile").display()));
        command.arg(format!("--print-to-pdf={}", pdf.display()));
        command.arg(format!("file://{}", html.display()));
        command.env("HOME", place).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // SAFETY: prctl(2) is async-signal-safe; if we are killed, it goes too.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        command.spawn().map_err(|e| NotDone::say(format!("{}: {e}", self.0.display())))
    }
}

fn finish(mut child: Child, cancelled: &dyn Fn() -> bool) -> Result<ExitStatus, NotDone> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if started.elapsed() > LONGEST || cancelled() {
            let _ = child.kill();
            let _ = child.wait();
            return Err(NotDone::say(format!("printing took longer than {} s and was ended", LONGEST.as_secs())));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether some font has Chinese letters: without one they print as boxes. `None` where fontconfig cannot be asked.
pub fn has_chinese_font() -> Option<bool> {
    let asked =
        Command::new("fc-list").args([":lang=zh", "family"]).stdin(Stdio::null()).stderr(Stdio::null()).output();
    asked.ok().filter(|out| out.status.success()).map(|out| !out.stdout.trim_ascii().is_empty())
}

/// A folder of our own that is gone afterwards.
struct Place(PathBuf);

impl Place {
    fn make() -> Result<Place, NotDone> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let path = std::env::temp_dir().join(format!("assize-print-{}-{}", std::process::id(), now.as_nanos()));
        // It must not exist yet: another user could have put a link there.
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Place(path.canonicalize()?))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Chromium's helpers may still write for a moment after it ended.
        for _ in 0..20 {
            if fs::remove_dir_all(&self.0).is_ok() || !self.0.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
