//! Classic BPF as seccomp runs it (Linux `kernel/seccomp.c`, `net/core/filter.c`): programs, the checks of the kernel, an interpreter.

use assize_facts::Digest;
use serde::{Deserialize, Serialize};

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    pub code: u16,
    pub jt: u8,
    pub jf: u8,
    pub k: u32,
}

/// A filter program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Program(pub Vec<Step>);

/// `BPF_MAXINSNS`.
pub(crate) const LONGEST: usize = 4096;

/// `struct seccomp_data`, as 32-bit words: number, architecture, instruction pointer (low, high), six arguments (low, high).
pub(crate) const WORDS: usize = 16;
pub(crate) const NUMBER: usize = 0;
pub(crate) const ARCH: usize = 1;
pub(crate) const FIRST_ARGUMENT: usize = 4;

pub(crate) type Data = [u32; WORDS];

/// What an instruction does, with the operands of the ones that seccomp permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A or X becomes a word of the data.
    LoadWord(usize),
    LoadConstant(Register, u32),
    LoadMemory(Register, usize),
    Store(Register, usize),
    /// A = X or X = A.
    Move(Register),
    Compute(Sum, Operand),
    Negate,
    Jump(usize),
    Branch(Compare, Operand, usize, usize),
    ReturnConstant(u32),
    ReturnA,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Register {
    A,
    X,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    K(u32),
    X,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sum {
    Add,
    Sub,
    Mul,
    Div,
    And,
    Or,
    Xor,
    Shl,
    Shr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Equal,
    Above,
    AtLeast,
    AnyBit,
}

impl Sum {
    /// `None`: a division by zero, which ends the program with 0.
    pub fn of(self, a: u32, b: u32) -> Option<u32> {
        Some(match self {
            Sum::Add => a.wrapping_add(b),
            Sum::Sub => a.wrapping_sub(b),
            Sum::Mul => a.wrapping_mul(b),
            Sum::Div => a.checked_div(b)?,
            Sum::And => a & b,
            Sum::Or => a | b,
            Sum::Xor => a ^ b,
            Sum::Shl => a.wrapping_shl(b),
            Sum::Shr => a.wrapping_shr(b),
        })
    }
}

impl Compare {
    pub fn of(self, a: u32, b: u32) -> bool {
        match self {
            Compare::Equal => a == b,
            Compare::Above => a > b,
            Compare::AtLeast => a >= b,
            Compare::AnyBit => a & b != 0,
        }
    }
}

impl Program {
    /// From the bytes of `struct sock_filter`s in the order of this machine.
    pub fn read(bytes: &[u8]) -> Option<Program> {
        let (steps, rest) = bytes.as_chunks::<8>();
        let step = |b: &[u8; 8]| Step {
            code: u16::from_ne_bytes([b[0], b[1]]),
            jt: b[2],
            jf: b[3],
            k: u32::from_ne_bytes([b[4], b[5], b[6], b[7]]),
        };
        let fits = rest.is_empty() && (1..=LONGEST).contains(&steps.len());
        fits.then(|| Program(steps.iter().map(step).collect()))
    }

    /// SHA-256 of the instructions: code, jumps and constant of each, little-endian.
    pub fn digest(&self) -> Digest {
        Digest(format!("sha256:{}", assize_facts::sha256_hex(&self.bytes())))
    }

    /// As `struct sock_filter` lies in memory on a little-endian machine.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|s| s.bytes()).collect()
    }

    /// The deed at a place; `None` where there is none or seccomp does not permit it.
    pub(crate) fn deed(&self, at: usize) -> Option<Deed> {
        self.0.get(at)?.deed(at, self.0.len())
    }

    /// Runs the program. `None`: it is none that the kernel would have taken.
    pub(crate) fn run(&self, data: &Data) -> Option<u32> {
        let (mut a, mut x, mut memory, mut at) = (0_u32, 0_u32, [0_u32; 16], 0);
        loop {
            let deed = self.deed(at)?;
            at += 1;
            let value = |operand| if let Operand::K(k) = operand { k } else { x };
            match deed {
                Deed::LoadWord(word) => a = data[word],
                Deed::LoadConstant(Register::A, k) => a = k,
                Deed::LoadConstant(Register::X, k) => x = k,
                Deed::LoadMemory(Register::A, slot) => a = memory[slot],
                Deed::LoadMemory(Register::X, slot) => x = memory[slot],
                Deed::Store(Register::A, slot) => memory[slot] = a,
                Deed::Store(Register::X, slot) => memory[slot] = x,
                Deed::Move(Register::A) => a = x,
                Deed::Move(Register::X) => x = a,
                Deed::Compute(sum, operand) => match sum.of(a, value(operand)) {
                    Some(result) => a = result,
                    None => return Some(0),
                },
                Deed::Negate => a = a.wrapping_neg(),
                Deed::Jump(to) => at = to,
                Deed::Branch(compare, operand, yes, no) => at = if compare.of(a, value(operand)) { yes } else { no },
                Deed::ReturnConstant(k) => return Some(k),
                Deed::ReturnA => return Some(a),
            }
        }
    }
}

impl Step {
    fn bytes(&self) -> [u8; 8] {
        let (code, k) = (self.code.to_le_bytes(), self.k.to_le_bytes());
        [code[0], code[1], self.jt, self.jf, k[0], k[1], k[2], k[3]]
    }

    /// The instructions that `seccomp_check_filter` lets through; jumps only go forward and stay inside.
    fn deed(&self, at: usize, length: usize) -> Option<Deed> {
        let k = self.k;
        let slot = || usize::try_from(k).ok().filter(|s| *s < 16);
        let target =
            |offset: u32| at.checked_add(1)?.checked_add(usize::try_from(offset).ok()?).filter(|t| *t < length);
        Some(match self.code {
            // BPF_LD | BPF_W | BPF_ABS: words of the data only.
            0x20 => Deed::LoadWord(usize::try_from(k / 4).ok().filter(|w| *w < WORDS && k.is_multiple_of(4))?),
            0x80 => Deed::LoadConstant(Register::A, (WORDS * 4) as u32),
            0x81 => Deed::LoadConstant(Register::X, (WORDS * 4) as u32),
            0x00 => Deed::LoadConstant(Register::A, k),
            0x01 => Deed::LoadConstant(Register::X, k),
            0x60 => Deed::LoadMemory(Register::A, slot()?),
            0x61 => Deed::LoadMemory(Register::X, slot()?),
            0x02 => Deed::Store(Register::A, slot()?),
            0x03 => Deed::Store(Register::X, slot()?),
            0x07 => Deed::Move(Register::X),
            0x87 => Deed::Move(Register::A),
            0x84 => Deed::Negate,
            0x05 => Deed::Jump(target(k)?),
            0x06 => Deed::ReturnConstant(k),
            0x16 => Deed::ReturnA,
            code if code & 7 == 4 => Deed::Compute(sum(code)?, self.operand()),
            code if code & 7 == 5 => {
                Deed::Branch(compare(code)?, self.operand(), target(self.jt.into())?, target(self.jf.into())?)
            }
            _ => return None,
        })
    }

    /// `BPF_X` or `BPF_K`.
    fn operand(&self) -> Operand {
        if self.code & 8 != 0 { Operand::X } else { Operand::K(self.k) }
    }
}

fn sum(code: u16) -> Option<Sum> {
    Some(match code & 0xf0 {
        0x00 => Sum::Add,
        0x10 => Sum::Sub,
        0x20 => Sum::Mul,
        0x30 => Sum::Div,
        0x40 => Sum::Or,
        0x50 => Sum::And,
        0x60 => Sum::Shl,
        0x70 => Sum::Shr,
        0xa0 => Sum::Xor,
        _ => return None,
    })
}

fn compare(code: u16) -> Option<Compare> {
    Some(match code & 0xf0 {
        0x10 => Compare::Equal,
        0x20 => Compare::Above,
        0x30 => Compare::AtLeast,
        0x40 => Compare::AnyBit,
        _ => return None,
    })
}
