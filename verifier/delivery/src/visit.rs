//! Hands an archive's members to a function.

use crate::archive::{self, Member, Visitor};
use crate::delivery::Delivery;
use assize_facts::Reason;
use std::io::{self, Read};

type Call<'a> = &'a mut dyn FnMut(&Member, &mut dyn Read) -> Result<(), Reason>;

struct Calling<'a> {
    call: Call<'a>,
    gaps: Vec<Reason>,
}

impl<'a> Calling<'a> {
    fn new(call: Call<'a>) -> Calling<'a> {
        Calling { call, gaps: Vec::new() }
    }

    fn into_gaps(self) -> Vec<Reason> {
        self.gaps
    }
}

impl Visitor for Calling<'_> {
    fn member(&mut self, member: &Member, content: &mut dyn Read) -> io::Result<()> {
        (self.call)(member, content).map_err(archive::refuse)
    }

    fn gap(&mut self, reason: Reason) {
        self.gaps.push(reason);
    }
}

impl Delivery {
    /// The members of an archive of the deliverable (tar, zip, ar, cpio, each also compressed by gzip, zstd or xz), each with its content (empty for what is no file).
    ///
    /// What the visitor returns as an error ends the reading with that reason. The gaps say what was refused or not seen; the error, what ended the reading early.
    pub fn members(
        &self,
        path: &str,
        visitor: &mut dyn FnMut(&Member, &mut dyn Read) -> Result<(), Reason>,
    ) -> Result<Vec<Reason>, Reason> {
        let mut visit = Calling::new(visitor);
        let store = self.store(path)?;
        archive::each(store.whole(), path, &self.budget(), &mut visit)?;
        Ok(visit.into_gaps())
    }
}
