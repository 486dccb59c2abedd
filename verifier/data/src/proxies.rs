//! Go module proxies as `GOPROXY` lists them: what one does not have, the next may (<https://go.dev/ref/mod#goproxy-protocol>).

use crate::Problem;
use crate::fetch::agent;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

/// The largest contents over a slow line.
const PATIENCE: Duration = Duration::from_secs(3600);

/// The list in its order.
pub struct Proxies {
    list: Vec<Proxy>,
}

struct Proxy {
    place: Place,
    /// Whether the next one is asked after any failure (`|`), or only where this one does not have a file (`,`).
    lenient: bool,
}

enum Place {
    Server {
        agent: Box<ureq::Agent>,
        base: String,
    },
    Folder(PathBuf),
    /// Version control itself, which is not used here.
    Direct,
    Off,
}

/// Why a file is not had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotHad {
    /// Whoever was asked does not have it.
    Nowhere,
    Failed(String),
}

impl Proxies {
    /// Reads a list such as `https://proxy.example.com,file:///mirror|https://other.example.com,direct`.
    pub fn parse(list: &str) -> Result<Proxies, Problem> {
        let mut proxies = Vec::new();
        for item in list.split_inclusive([',', '|']) {
            let name = item.trim_end_matches([',', '|']).trim();
            if !name.is_empty() {
                proxies.push(Proxy { place: place(name)?, lenient: item.ends_with('|') });
            }
        }
        if proxies.is_empty() {
            return Err(Problem::say("GOPROXY names no proxy"));
        }
        Ok(Proxies { list: proxies })
    }

    /// Whether the list allows going where no proxy is in between.
    pub(crate) fn is_direct(&self) -> bool {
        self.list.iter().take_while(|p| !matches!(p.place, Place::Off)).any(|p| matches!(p.place, Place::Direct))
    }

    /// A file of at most so many bytes.
    pub(crate) fn open(&self, path: &str, most: u64) -> Result<Box<dyn Read>, NotHad> {
        let mut why = NotHad::Nowhere;
        for proxy in &self.list {
            match proxy.place.open(path, most) {
                Ok(reader) => return Ok(reader),
                Err(NotHad::Nowhere) => {}
                Err(failed) if proxy.lenient => why = failed,
                Err(failed) => return Err(failed),
            }
        }
        Err(why)
    }
}

fn place(name: &str) -> Result<Place, Problem> {
    match name {
        "direct" => return Ok(Place::Direct),
        "off" => return Ok(Place::Off),
        _ => {}
    }
    if let Some(folder) = name.strip_prefix("file://") {
        return Ok(Place::Folder(folder.into()));
    }
    let base = name.trim_end_matches('/').to_string();
    // As in the Go command, a name without a scheme is a host.
    let base = if base.contains("://") { base } else { format!("https://{base}") };
    Ok(Place::Server { agent: Box::new(agent(&base, PATIENCE)?), base })
}

impl Place {
    fn open(&self, path: &str, most: u64) -> Result<Box<dyn Read>, NotHad> {
        match self {
            Place::Folder(folder) => file(folder.join(path), most),
            Place::Server { agent, base } => retried(|| server(agent, &format!("{base}/{path}"), most)),
            Place::Direct => Err(NotHad::Nowhere),
            Place::Off => Err(NotHad::Failed("GOPROXY has `off` before any proxy that has it".into())),
        }
    }
}

fn file(path: PathBuf, most: u64) -> Result<Box<dyn Read>, NotHad> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => NotHad::Nowhere,
        _ => NotHad::Failed(error.to_string()),
    };
    let meta = std::fs::metadata(&path).map_err(failed)?;
    if !meta.is_file() {
        return Err(NotHad::Nowhere);
    }
    if meta.len() > most {
        return Err(NotHad::Failed(format!("is larger than {most} bytes")));
    }
    Ok(Box::new(File::open(&path).map_err(failed)?))
}

fn server(agent: &ureq::Agent, url: &str, most: u64) -> Result<Box<dyn Read>, NotHad> {
    match agent.get(url).call() {
        Ok(response) => Ok(Box::new(response.into_body().into_with_config().limit(most).reader())),
        Err(ureq::Error::StatusCode(404 | 410)) => Err(NotHad::Nowhere),
        Err(error) => Err(NotHad::Failed(error.to_string())),
    }
}

/// Servers fail now and then.
fn retried<T>(ask: impl Fn() -> Result<T, NotHad>) -> Result<T, NotHad> {
    for pause in [200, 1000] {
        match ask() {
            Err(NotHad::Failed(_)) => std::thread::sleep(Duration::from_millis(pause)),
            done => return done,
        }
    }
    ask()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn got(list: &str, path: &str) -> Result<String, NotHad> {
        let mut reader = Proxies::parse(list).expect("a list").open(path, 10)?;
        let mut text = String::new();
        reader.read_to_string(&mut text).map_err(|e| NotHad::Failed(e.to_string()))?;
        Ok(text)
    }

    #[test]
    fn the_next_proxy_is_asked_as_the_separator_says() {
        let (one, two) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        std::fs::write(one.path().join("a"), "one").expect("written");
        std::fs::write(one.path().join("large"), "more than ten bytes").expect("written");
        for name in ["a", "b", "large"] {
            std::fs::write(two.path().join(name), "two").expect("written");
        }
        let (one, two) = (format!("file://{}", one.path().display()), format!("file://{}", two.path().display()));
        assert_eq!(got(&format!("{one},{two}"), "a"), Ok("one".into()));
        assert_eq!(got(&format!("{one},{two}"), "b"), Ok("two".into()));
        assert_eq!(got(&format!("{one},direct,{two}"), "b"), Ok("two".into()));
        assert_eq!(got(&format!("{one}|{two}"), "large"), Ok("two".into()));
        assert!(matches!(got(&format!("{one},{two}"), "large"), Err(NotHad::Failed(_))));
        assert!(matches!(got(&format!("{one},off,{two}"), "b"), Err(NotHad::Failed(_))));
        assert_eq!(got(&format!("{one},{two}"), "c"), Err(NotHad::Nowhere));
        assert_eq!(got("direct", "a"), Err(NotHad::Nowhere));
        assert!(Proxies::parse(" , ").is_err());
    }
}
