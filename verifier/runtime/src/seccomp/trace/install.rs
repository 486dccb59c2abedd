//! What an installation does to the threads, as the kernel does it (`seccomp_attach_filter`, `seccomp_sync_threads`).

use super::Tracer;
use super::decode::{self, Installation};
use crate::seccomp::bpf::Program;
use crate::seccomp::record::{Doubt, Install, flag};

impl Tracer {
    /// The call came back with a result.
    pub(super) fn installed(&mut self, tid: i32, by: &Installation, bytes: Option<Vec<u8>>, result: i64) {
        self.order += 1;
        let Some(task) = self.tasks.get(&tid).cloned() else { return };
        // What stood there before the call and after it: all other threads stood still meanwhile.
        let unchanged = decode::program(tid, by) == bytes;
        let read = bytes.filter(|_| unchanged).and_then(|bytes| Program::read(&bytes));
        let program_index = read.map(|program| self.keep(program));
        let install = Install {
            order: self.order,
            pid: task.pid,
            tid,
            method: by.method.into(),
            strict: by.program.is_none(),
            flags: by.flags,
            program: program_index,
            result,
            no_new_privs: task.no_new_privs,
            threads: self.tasks.len() as u64,
        };
        let took = install.took();
        self.record.installs.push(install);
        if !took {
            return;
        }
        if by.program.is_some() && program_index.is_none() {
            self.doubt(Doubt::Program);
        }
        let number = self.record.installs.len() - 1;
        self.with(tid, |task| match by.program {
            Some(_) => task.filters.insert(0, number),
            None => task.strict = true,
        });
        if by.flags & flag::TSYNC != 0 {
            self.synchronise(tid);
        }
    }

    fn keep(&mut self, program: Program) -> usize {
        let programs = &mut self.record.programs;
        programs.iter().position(|p| *p == program).unwrap_or_else(|| {
            programs.push(program);
            programs.len() - 1
        })
    }

    /// TSYNC gives every thread of the process the caller's filters, and no_new_privs with them (`seccomp_sync_threads`).
    fn synchronise(&mut self, tid: i32) {
        let Some(task) = self.tasks.get(&tid).cloned() else { return };
        for other in self.tasks.values_mut().filter(|other| other.pid == task.pid) {
            other.filters.clone_from(&task.filters);
            other.no_new_privs |= task.no_new_privs;
        }
        for other in self.gone.iter_mut().filter(|other| other.pid == task.pid) {
            other.filters.clone_from(&task.filters);
            other.no_new_privs |= task.no_new_privs;
        }
    }
}
