//! Hands an archive's members to a function.

use crate::archive::{self, Member, Visitor};
use assize_facts::Reason;
use std::io::{self, Read};

type Call<'a> = &'a mut dyn FnMut(&Member, &mut dyn Read) -> Result<(), Reason>;

pub(crate) struct Calling<'a> {
    call: Call<'a>,
    gaps: Vec<Reason>,
}

impl<'a> Calling<'a> {
    pub(crate) fn new(call: Call<'a>) -> Calling<'a> {
        Calling { call, gaps: Vec::new() }
    }

    pub(crate) fn into_gaps(self) -> Vec<Reason> {
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
